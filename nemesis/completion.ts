import type { NodeOutcome } from "../src/control/on-nodes.ts";
import { messageOf } from "../src/errors.ts";
import type { Completion, Evidence } from "../src/test.ts";

/** Nothing was done, and why. */
export function skipped(reason: string): Completion {
  return { type: "fail", error: { code: "skipped", message: reason } };
}

/** `n1: because; n2: because` */
export function reasons(byNode: Readonly<Record<string, string>>): string {
  return Object.entries(byNode)
    .map(([node, reason]) => `${node}: ${reason}`)
    .join("; ");
}

/** One sentence for each node on which something could not be done. */
export function failuresOf(outcomes: readonly NodeOutcome<unknown>[]): string[] {
  return outcomes.flatMap((each) => ("error" in each ? [`${each.node}: ${messageOf(each.error)}`] : []));
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
