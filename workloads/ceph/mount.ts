import { basename } from "node:path";
import { daemonPid, startDaemon, stopDaemon } from "../../src/control/daemon.ts";
import { execOk } from "../../src/control/exec.ts";
import { DROP_MOUNTS } from "../../src/control/fuse.ts";
import type { Session } from "../../src/test.ts";
import { awaitSetup, HEALTH_TIMEOUT_MS } from "./health.ts";
import { CONF, CURRENT_MOUNT, DIRECTORY, FILE_SYSTEM, LOGS, MOUNTS, pidFileOf } from "./paths.ts";

const SWITCH_PID = `${DIRECTORY}/switch.pid`;
/** How long a mount waits for its first answer, and how long the metadata server may take to shut an old client out. */
const SWITCH_TIMEOUT_S = 600;
const EVICT_TIMEOUT_S = 20;

/** A dead mount's directory seems not to be there (ENOTCONN), but cannot be made either. */
const PREPARE = `mkdir -p "$1" || exit 1
n=0; until mkdir "$1/$n" 2>/dev/null; do n=$((n+1)); [ $n -gt 10000 ] && exit 1; done
echo "$1/$n"`;

/**
 * Runs on the node beside a new mount: once that answers, the link points to it. What was mounted before goes only
 * then, so that clients meet its dead mount and never the bare directory below it. At last the metadata server is told
 * that the clients of earlier mounts are dead, as an operator would: it would wait for what they held.
 */
const SWITCH = `${DROP_MOUNTS}
point=$1 current=$2 mounts=$3 conf=$4 fs=$5 wait=$6 evict=$7
n=0; until grep -q -F -e " $point fuse" /proc/self/mounts && timeout 2 stat "$point/." >/dev/null 2>&1; do
  n=$((n+1)); [ $n -gt $((wait*5)) ] && exit 1; sleep 0.2
done
ln -s "$point" "$current.new" && mv -T "$current.new" "$current" || exit 1
n=0; while [ "$mounts/$n" != "$point" ]; do drop_mount "$mounts/$n"; n=$((n+1)); done
n=0; while [ "$mounts/$n" != "$point" ]; do
  timeout "$evict" ceph --conf "$conf" tell "mds.$fs:0" session evict "client_metadata.hostname=$(uname -n)" "client_metadata.mount_point=$mounts/$n"
  n=$((n+1))
done; exit 0`;

/**
 * Mounts the file system anew; nothing happens while the present mount's process lives. Resolves when ceph-fuse runs:
 * the link points to the new mount as soon as that answers.
 */
export async function startMount(session: Session): Promise<void> {
  if ((await daemonPid(session, pidFileOf("mount"))) !== undefined) return;
  await stopDaemon(session, SWITCH_PID);
  const point = await execOk(session, ["sh", "-c", PREPARE, "sh", MOUNTS]);
  // first what waits for the mount: beside one that is there already it would end before it is seen to have started
  const bounds = [SWITCH_TIMEOUT_S, EVICT_TIMEOUT_S].map(String);
  await startDaemon(session, {
    argv: ["sh", "-c", SWITCH, "sh", point, CURRENT_MOUNT, MOUNTS, CONF, FILE_SYSTEM, ...bounds],
    pidFile: SWITCH_PID,
    logFile: `${LOGS}/switch.out.log`,
  });
  await startDaemon(session, {
    argv: ["ceph-fuse", "-f", "--conf", CONF, "--id", "admin", "--log-file", `${LOGS}/mount.log`, point],
    pidFile: pidFileOf("mount"),
    logFile: `${LOGS}/mount.out.log`,
  });
}

/** Waits until clients can use the mount. Rejects with JepsenError "setup". */
export async function awaitMount(session: Session): Promise<void> {
  const isThere = async () => (await session.exec(["timeout", "5", "stat", `${CURRENT_MOUNT}/.`])).code === 0;
  const sentence = () => `CephFS could not be mounted on ${session.node} within ${HEALTH_TIMEOUT_MS / 1000} s.`;
  await awaitSetup(isThere, sentence, HEALTH_TIMEOUT_MS);
}

/** A link to itself: who goes through it is refused by the kernel (ELOOP), and has done nothing. */
const HIDE = '[ ! -L "$1" ] || { ln -sfn "$2" "$1.new" && mv -T "$1.new" "$1"; }';

/**
 * Leads clients to nowhere until the next mount answers. ceph-fuse takes its mount away when it is asked to end, and the
 * bare directory below it, in which every file would seem to be gone, is not to be seen.
 */
export async function hideMount(session: Session, link = CURRENT_MOUNT): Promise<void> {
  await execOk(session, ["sh", "-c", HIDE, "sh", link, basename(link)]);
}

/** Takes every mount of ours away, hung ones too: their process must have ended before. */
export async function removeMounts(session: Session): Promise<void> {
  await stopDaemon(session, SWITCH_PID);
  await execOk(session, ["sh", "-c", `${DROP_MOUNTS}\ndrop_mounts "$1"`, "sh", MOUNTS]);
}
