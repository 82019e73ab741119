import type { Session } from "../test.ts";
import { ALIVE } from "./daemon.ts";
import { execOk } from "./exec.ts";

/** Where the suites keep what they start on a node, each in a folder of its own with its pidfiles. */
export const SUITES_DIRECTORY = "/var/lib/jepsen-ts";

/** A process of a database on a node. `program`: its name as the kernel has it. */
export interface RunningDaemon {
  readonly program: string;
  readonly pid: number;
}

const LOOK = `${ALIVE}for f in "$1"/*/*.pid; do
  if alive "$f" && read -r program < "/proc/$pid/comm"; then echo "$pid $program"; fi
done 2>/dev/null; exit 0`;

/** The processes that suites have started on the node and that still run, by their pidfiles. */
export async function runningDaemons(
  session: Session,
  directory = SUITES_DIRECTORY,
): Promise<readonly RunningDaemon[]> {
  const said = await execOk(session, ["sh", "-c", LOOK, "sh", directory]);
  return [...said.matchAll(/^(\d+) (.*)$/gm)].map(([, pid, program]) => ({ pid: Number(pid), program: program ?? "" }));
}
