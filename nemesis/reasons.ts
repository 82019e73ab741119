import type { NodeOutcome } from "../src/control/on-nodes.ts";
import { messageOf } from "../src/errors.ts";

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
