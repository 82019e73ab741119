import { JepsenError } from "../errors.ts";
import type { ExecOptions, Session } from "../test.ts";
import { shellCommand } from "./argv.ts";

/** Runs a command that must succeed; returns its stdout without the last newline. Rejects with JepsenError "remote" on any other exit code. */
export async function execOk(session: Session, argv: readonly string[], options?: ExecOptions): Promise<string> {
  const { code, stdout, stderr } = await session.exec(argv, options);
  if (code !== 0) {
    const said = (stderr.trim() || stdout.trim()).slice(-2000);
    throw new JepsenError(
      "remote",
      `"${shellCommand(argv)}" on ${session.node} ended with exit code ${code}: ${said || "it said nothing"}`,
      {
        node: session.node,
        command: argv,
        exitCode: code,
        stderr,
      },
    );
  }
  return stdout.replace(/\n$/, "");
}

/** Writes a small file on the node, atomically. */
export async function writeRemoteFile(session: Session, path: string, text: string, mode = "644"): Promise<void> {
  const script = 'umask 077; cat > "$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1"';
  await execOk(session, ["sh", "-c", script, "sh", path, mode], { stdin: text });
}

/**
 * Rejects with JepsenError "environment" and one sentence when the node lacks any of these programs. `who` needs them:
 * "the fault ports"; `remedy` says what to do: "install nftables and python3 there".
 */
export async function requirePrograms(
  session: Session,
  programs: readonly string[],
  who: string,
  remedy: string,
): Promise<void> {
  const missing = await missingPrograms(session, programs);
  if (missing.length > 0) throw lacking(session.node, missing, who, remedy);
}

/** What `requirePrograms` rejects with, for what else a node may lack. */
export function lacking(node: string, missing: readonly string[], who: string, remedy: string): JepsenError {
  const sentence = `Node ${node} lacks ${missing.join(" and ")}, which ${who} needs: ${remedy}.`;
  return new JepsenError("environment", sentence, { node, missing });
}

/** Which of these programs the node lacks. */
export async function missingPrograms(session: Session, programs: readonly string[]): Promise<readonly string[]> {
  const script = 'for p; do command -v "$p" >/dev/null 2>&1 || echo "$p"; done';
  const out = await execOk(session, ["sh", "-c", script, "sh", ...programs]);
  return out.split("\n").filter((line) => line !== "");
}
