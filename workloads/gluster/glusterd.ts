import { startDaemon } from "../../src/control/daemon.ts";
import { writeRemoteFile } from "../../src/control/exec.ts";
import type { Session } from "../../src/test.ts";
import { GLUSTERD_CONFIGURATION, GLUSTERD_PID, GLUSTERD_VOLFILE, GSYNCD_STUB, LOGS } from "./paths.ts";

/** All that glusterd wants of the program for geo-replication, which no volume here has: to be there. */
const STUB = "#!/bin/sh\necho gsyncd\n";

/**
 * At every start glusterd configures geo-replication by some twenty runs of a Python program, one after another: seconds
 * in which it answers nobody. In a mount namespace of its own it finds a stub in that program's place; nobody else does.
 */
const WITHOUT_GSYNCD = `gsyncd=$(glusterd --print-libexecdir 2>/dev/null)/gsyncd
if [ -x "$gsyncd" ]; then mount --bind "$1" "$gsyncd" || echo "geo-replication is configured at each start" >&2; fi
shift; exec "$@"`;

/** Writes what glusterd is started with. */
export async function installGlusterd(session: Session): Promise<void> {
  await writeRemoteFile(session, GLUSTERD_VOLFILE, GLUSTERD_CONFIGURATION);
  await writeRemoteFile(session, GSYNCD_STUB, STUB, "755");
}

/** Starts it, unless it runs. Its bricks and self-heal daemon follow once it has heard another peer. */
export async function startGlusterd(session: Session): Promise<"started" | "running"> {
  const glusterd = ["glusterd", "--no-daemon", `--volfile=${GLUSTERD_VOLFILE}`, `--log-file=${LOGS}/glusterd.log`];
  return startDaemon(session, {
    argv: ["unshare", "--mount", "--propagation", "slave", "sh", "-c", WITHOUT_GSYNCD, "sh", GSYNCD_STUB, ...glusterd],
    pidFile: GLUSTERD_PID,
    logFile: `${LOGS}/glusterd.out`,
  });
}
