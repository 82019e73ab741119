import { JepsenError } from "../../src/errors.ts";
import type { ExecResult, Session } from "../../src/test.ts";
import { LOGS } from "./paths.ts";

const TIMEOUT_MS = 20_000;

/** Runs `gluster` on a node without questions; a code other than 0 is an outcome. Rejects after 20 s. */
export function gluster(session: Session, command: readonly string[]): Promise<ExecResult> {
  const argv = ["gluster", "--mode=script", `--log-file=${LOGS}/cli.log`, ...command];
  return session.exec(argv, { timeoutMs: TIMEOUT_MS });
}

/** The same, but a code other than 0 rejects with a JepsenError of this code. */
export async function glusterOk(
  session: Session,
  command: readonly string[],
  code: "setup" | "remote" = "setup",
): Promise<void> {
  const result = await gluster(session, command);
  if (result.code === 0) return;
  const said = (result.stderr.trim() || result.stdout.trim()).slice(-500);
  throw new JepsenError(code, `"gluster ${command.join(" ")}" on ${session.node} failed: ${said}`, {
    node: session.node,
    exitCode: result.code,
  });
}
