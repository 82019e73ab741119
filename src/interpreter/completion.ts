import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import { describe } from "../generator/describe.ts";
import type { Completion, Invocation } from "../test.ts";

/** Checks what a client or a nemesis answered. Throws JepsenError "client" for what is no completion. */
export function checkCompletion(answer: unknown, op: Invocation): Completion {
  const problems = problemsOf(answer as Partial<Completion> | null | undefined);
  if (problems === undefined) return answer as Completion;
  const who = typeof op.process === "number" ? `The client of process ${op.process}` : `The nemesis of ${op.process}`;
  throw new JepsenError(
    "client",
    `${who} answered ${op.f} ${describe(op.value)} with ${describe(answer)}, but ${problems}.`,
    { op, answer: describe(answer) },
  );
}

function problemsOf(answer: Partial<Completion> | null | undefined): string | undefined {
  if (typeof answer !== "object" || answer === null) return 'a completion is a record like { type: "ok" }';
  const { type, error, evidence } = answer;
  if (type !== "ok" && type !== "fail" && type !== "info")
    return 'the type of a completion must be "ok" (it happened), "fail" (it certainly did not) or "info" (nobody knows)';
  if (error !== undefined && (typeof error !== "object" || error === null || typeof error.code !== "string"))
    return 'an error must be a record like { code: "timeout", message: "…" }';
  if (
    evidence !== undefined &&
    (typeof evidence !== "object" ||
      evidence === null ||
      typeof evidence.proven !== "boolean" ||
      typeof evidence.summary !== "string")
  )
    return 'evidence must be a record like { proven: true, summary: "…" }';
  return undefined;
}

/** The completion of an operation whose client or nemesis threw: whether it happened is not known. */
export function completionOfThrown(error: unknown): Completion {
  return { type: "info", error: { code: codeOf(error), message: messageOf(error) } };
}

/** The completion of an operation whose client could not be opened: it was never sent. */
export function noClient(reason: string): Completion {
  return { type: "fail", error: { code: "no-client", message: reason } };
}

function codeOf(error: unknown): string {
  if (isJepsenError(error)) return error.code;
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : "indeterminate";
}
