/** What a fault operation answers; a suite's own faults answer in the same way. */
import type { Completion, Evidence } from "./test.ts";

/** Nothing was done, and why. */
export function skipped(reason: string): Completion {
  return { type: "fail", error: { code: "skipped", message: reason } };
}

/** What was measured, and what speaks against it. */
export interface Measured {
  /** One sentence for each thing that was measured. */
  readonly findings: readonly string[];
  /** One sentence for everything that is not as it should be; any makes the operation indeterminate. */
  readonly problems: readonly string[];
  /** The measurements, plain JSON. */
  readonly details: unknown;
}

/** ok when nothing speaks against it, info otherwise: the only two answers of a fault that may have taken hold. */
export function judged(value: unknown, { findings, problems, details }: Measured): Completion {
  const summary = [...problems, ...findings].join(" ");
  const evidence: Evidence = { proven: problems.length === 0, summary, details };
  if (evidence.proven) return { type: "ok", value, evidence };
  return { type: "info", value, evidence, error: { code: "unproven", message: problems.join(" ") } };
}

/** The same where one sentence says it all, which is true only when nothing speaks against it. */
export function concluded(value: unknown, finding: string, problems: readonly string[], details: unknown): Completion {
  return judged(value, { findings: problems.length === 0 ? [finding] : [], problems, details });
}
