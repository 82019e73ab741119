import { JepsenError } from "../../src/errors.ts";
import type { Session } from "../../src/test.ts";
import { RadosSession } from "./rados-session.ts";

const COMMAND_TIMEOUT_MS = 15_000;

/** A command to the monitors, as its prefix and arguments; `input` is what `ceph … -i FILE` would send. */
export type Command = (what: Readonly<Record<string, unknown>>, input?: string) => Promise<unknown>;

/**
 * Talks to the monitors from a node for as long as `act` takes. A command that fails, or that no monitor answers within
 * `timeoutMs`, rejects with a JepsenError of this code.
 */
export async function withCommands<T>(
  session: Session,
  act: (command: Command) => Promise<T>,
  { code = "setup", timeoutMs = COMMAND_TIMEOUT_MS }: { code?: "setup" | "remote"; timeoutMs?: number } = {},
): Promise<T> {
  const monitors = new RadosSession(session, "", timeoutMs);
  try {
    return await act(async (what, input = "") => {
      const outcome = await monitors.call(["command", what, input]);
      if ("value" in outcome) return outcome.value;
      const { message, code: errno } = outcome.error;
      throw new JepsenError(code, `"${String(what.prefix)}" failed (${errno}): ${message || "no reason given"}`, {
        node: session.node,
        errno,
      });
    });
  } finally {
    await monitors.close();
  }
}
