import { type NodeOutcome, onNodes } from "../src/control/on-nodes.ts";
import { messageOf } from "../src/errors.ts";
import type { Measured } from "../src/fault-completion.ts";

/** What was measured on the nodes that could be asked. */
export interface Looked extends Measured {
  /** Nothing speaks against it but that nodes could not be asked: waiting would not help. */
  readonly isSettled: boolean;
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

/**
 * For what must go on without a node that cannot be asked: what was found, by node, and a sentence for each other node.
 * The nodes are asked at once. Never rejects.
 */
export async function onEachNode<T>(
  nodes: readonly string[],
  task: (node: string) => Promise<T>,
): Promise<{ readonly found: ReadonlyMap<string, T>; readonly failures: readonly string[] }> {
  const outcomes = await onNodes(nodes, task);
  const found = new Map(outcomes.flatMap((each) => ("value" in each ? [[each.node, each.value] as const] : [])));
  return { found, failures: failuresOf(outcomes) };
}
