import { readFileSync } from "node:fs";
import type { z } from "zod";
import { shellCommand } from "../../src/control/argv.ts";
import { lacking } from "../../src/control/exec.ts";
import { JepsenError } from "../../src/errors.ts";
import type { Session } from "../../src/test.ts";

/** The programs that run on nodes: plain Python, sent to `python3 -` each time, so that nothing is left there. */
export type HelperName = "vdso-helper" | "kernel-helper";

const sources = new Map<HelperName, string>();

function sourceOf(name: HelperName): string {
  const known = sources.get(name);
  if (known !== undefined) return known;
  const source = readFileSync(new URL(`./${name}.py`, import.meta.url), "utf8");
  sources.set(name, source);
  return source;
}

const TIMEOUT_MS = 30_000;
const NOT_FOUND = 127;
/** Done, but some process could not be treated: the answer says which. */
const PARTLY = 3;

/** How a helper command is run. */
export interface HelperOptions {
  /** Default 30 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a helper on a node and returns its answer. Rejects with JepsenError "environment" and the helper's own sentence
 * when it says that something cannot be done, or when the node has no python3; "remote" when it fails otherwise.
 */
export async function runHelper<T>(
  session: Session,
  name: HelperName,
  args: readonly string[],
  schema: z.ZodType<T>,
  options: HelperOptions = {},
): Promise<T> {
  const { node } = session;
  const { code, stdout, stderr } = await session.exec(["python3", "-", ...args], {
    stdin: sourceOf(name),
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (code === NOT_FOUND) {
    throw lacking(node, ["python3"], "the fault clock", "install it there");
  }
  const data = { node, command: [name, ...args], exitCode: code, stderr: stderr.slice(-2000) };
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch (cause) {
    const said = stderr.trim().split("\n").at(-1) || "it said nothing";
    throw new JepsenError("remote", `The clock helper on ${node} failed: ${said}`, data, cause);
  }
  if (code === 1 && typeof answer === "object" && answer !== null && "error" in answer) {
    throw new JepsenError("environment", `Clock fault on ${node}: ${String(answer.error)}`, data);
  }
  const parsed = schema.safeParse(answer);
  if ((code !== 0 && code !== PARTLY) || !parsed.success) {
    throw new JepsenError(
      "remote",
      `The clock helper on ${node} gave an answer that is not understood.`,
      data,
      parsed.error,
    );
  }
  return parsed.data;
}

const END_OF_HELPER = "END_OF_CLOCK_HELPER";

/** The same command as a shell script that carries the helper in itself, for undoing without the control process. */
export function helperScript(name: HelperName, args: readonly string[]): string {
  return `${shellCommand(["python3", "-", ...args])} <<'${END_OF_HELPER}'\n${sourceOf(name)}\n${END_OF_HELPER}\n`;
}
