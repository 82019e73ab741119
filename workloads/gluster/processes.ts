import { execOk } from "../../src/control/exec.ts";
import { DROP_MOUNTS } from "../../src/control/fuse.ts";
import { STAND_STILL } from "../../src/control/stand-still.ts";
import type { DbProcess, Session } from "../../src/test.ts";
import { BRICK, DIRECTORY, GLUSTERD_PID, GLUSTERD_VOLFILE, MOUNT_PID, MOUNTS, VOLUME } from "./paths.ts";

/** What can be killed and paused by itself. */
export const ROLES = ["glusterd", "brick", "shd", "mount"] as const;
export type Role = (typeof ROLES)[number];

/**
 * Role, pidfile, and a piece of the command line: Gluster leaves pidfiles behind when it is killed, so a pid counts only
 * if it still is what it was. A dead process that nobody has waited for has no command line.
 */
const KNOWN: readonly (readonly [Role, string, string])[] = [
  ["glusterd", GLUSTERD_PID, GLUSTERD_VOLFILE],
  ["brick", `${DIRECTORY}/run/vols/${VOLUME}/*.pid`, `--brick-name ${BRICK}`],
  ["shd", `${DIRECTORY}/run/shd/${VOLUME}/*.pid`, `--volfile-id shd/${VOLUME}`],
  ["mount", MOUNT_PID, MOUNTS],
];

const LIST = `while [ $# -gt 0 ]; do
  for file in $2; do
    [ -r "$file" ] && read -r pid rest < "$file" || continue
    if tr '\\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null | grep -q -F -e "$3"; then echo "$1 $pid"; fi
  done
  shift 3
done
exit 0`;

/** Everything of ours that is alive on the node, paused ones too; only some roles if given. */
export async function listProcesses(session: Session, roles: readonly string[] = ROLES): Promise<readonly DbProcess[]> {
  const wanted = KNOWN.filter(([role]) => roles.includes(role)).flat();
  const said = await execOk(session, ["sh", "-c", LIST, "sh", ...wanted]);
  return said
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [role, pid] = line.split(" ");
      return { role: role ?? "", pid: Number(pid) };
    });
}

const KILL = `kill -KILL "$@" 2>/dev/null
n=0; for pid; do
  while tr '\\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null | grep -q gluster; do
    n=$((n+1)); [ $n -gt 200 ] && { echo "process $pid does not end" >&2; exit 1; }; sleep 0.05
  done
done; exit 0`;

/** Kills these and waits until they are gone, 10 s at most. */
export async function killProcesses(session: Session, processes: readonly DbProcess[]): Promise<void> {
  if (processes.length === 0) return;
  await execOk(session, ["sh", "-c", KILL, "sh", ...processes.map(({ pid }) => String(pid))]);
}

const SIGNAL = `${STAND_STILL}
signal=$1; shift
kill -s "$signal" "$@" || exit 1
[ "$signal" != STOP ] || stand_still "$@"`;

/** Freezes these, until all of their threads stand still, or thaws them. */
export async function signalProcesses(
  session: Session,
  processes: readonly DbProcess[],
  signal: "STOP" | "CONT",
): Promise<void> {
  await execOk(session, ["sh", "-c", SIGNAL, "sh", signal, ...processes.map(({ pid }) => String(pid))]);
}

const WIPE = `${DROP_MOUNTS}
dir=$1; shift
for proc in /proc/[0-9]*; do
  if tr '\\0' ' ' < "$proc/cmdline" 2>/dev/null | grep -q -E -e "^[^ ]*gluster[a-z]* .*$dir/"; then kill -KILL "\${proc#/proc/}" 2>/dev/null; fi
done
drop_mounts "$dir/mounts" || exit 1
n=0; until rm -rf --one-file-system "$dir" "$@"; do n=$((n+1)); [ $n -gt 20 ] && exit 1; sleep 0.1; done`;

/** Ends every process of ours, hung mounts included, and removes these files with our directory. */
export async function wipe(session: Session, files: readonly string[]): Promise<void> {
  await execOk(session, ["sh", "-c", WIPE, "sh", DIRECTORY, ...files]);
}
