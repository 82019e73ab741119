import { awaitTrue, daemonPid, startDaemon } from "../../src/control/daemon.ts";
import { execOk } from "../../src/control/exec.ts";
import { DROP_MOUNTS } from "../../src/control/fuse.ts";
import type { Session } from "../../src/test.ts";
import { CURRENT_MOUNT, LOGS, MOUNT_PID, MOUNTS, VOLUME } from "./paths.ts";

const MOUNT_TIMEOUT_MS = 20_000;

const PREPARE = `mkdir -p "$1" || exit 1
n=0; while [ -e "$1/$n" ] || grep -q -F -e " $1/$n " /proc/self/mounts; do n=$((n+1)); done
mkdir "$1/$n" && echo "$1/$n"`;

/** What was mounted before goes only after the switch: until then clients must meet its dead mount, not the bare directory. */
const SWITCH = `${DROP_MOUNTS}
grep -q -F -e " $1 fuse" /proc/self/mounts && timeout 2 stat "$1/." >/dev/null 2>&1 || exit 3
ln -s "$1" "$2.new" && mv -T "$2.new" "$2" || exit 1
n=0; while [ "$3/$n" != "$1" ]; do drop_mount "$3/$n"; n=$((n+1)); done; exit 0`;

/** How a client's kernel treats the volume. */
export interface MountOptions {
  /** Seconds for which it may believe names and attributes without asking. */
  readonly kernelCacheS: number;
  /**
   * It keeps data in its page cache. Gluster empties that when a file is opened, but is not told when another client
   * changes the file: what one process has read, another one on the same node may get later on.
   */
  readonly pageCache: boolean;
}

/**
 * Mounts the volume anew and lets the link point to it; nothing happens while the present mount's process lives.
 * Rejects with JepsenError "timeout" when the mount does not answer within 20 s; the link points to the old one then.
 */
export async function mountVolume(session: Session, options: MountOptions): Promise<void> {
  if ((await daemonPid(session, MOUNT_PID)) !== undefined) return;
  const point = await execOk(session, ["sh", "-c", PREPARE, "sh", MOUNTS]);
  const caching = ["attribute", "entry", "negative"].map((what) => `--${what}-timeout=${options.kernelCacheS}`);
  await startDaemon(session, {
    argv: [
      "glusterfs",
      "--no-daemon",
      "--volfile-server=localhost",
      `--volfile-id=${VOLUME}`,
      ...caching,
      ...(options.pageCache ? [] : ["--direct-io-mode=enable"]),
      `--log-file=${LOGS}/mount.log`,
      point,
    ],
    pidFile: MOUNT_PID,
    logFile: `${LOGS}/mount.out`,
  });
  const isThere = async () => (await session.exec(["sh", "-c", SWITCH, "sh", point, CURRENT_MOUNT, MOUNTS])).code === 0;
  const sentence = `The volume could not be mounted on ${session.node} within ${MOUNT_TIMEOUT_MS / 1000} s.`;
  await awaitTrue(isThere, sentence, { timeoutMs: MOUNT_TIMEOUT_MS });
}
