import { JepsenError, messageOf } from "../errors.ts";

/** What a task came to on one node. */
export type NodeOutcome<T> =
  | { readonly node: string; readonly value: T }
  | { readonly node: string; readonly error: unknown };

/** Runs a task on all nodes at once; every node's outcome, in the order of the nodes. Never rejects. */
export async function onNodes<T>(
  nodes: readonly string[],
  task: (node: string) => Promise<T>,
): Promise<NodeOutcome<T>[]> {
  return Promise.all(
    nodes.map((node) =>
      task(node).then(
        (value) => ({ node, value }),
        (error: unknown) => ({ node, error }),
      ),
    ),
  );
}

/**
 * The same, for tasks that must succeed everywhere: a map from node to value. Waits for all nodes before it rejects;
 * one failure is thrown as it is, several as one JepsenError with the first one's code and every node's sentence.
 */
export async function onAllNodes<T>(
  nodes: readonly string[],
  task: (node: string) => Promise<T>,
): Promise<Map<string, T>> {
  const outcomes = await onNodes(nodes, task);
  const failed = outcomes.filter((outcome): outcome is { node: string; error: unknown } => "error" in outcome);
  if (failed.length === 0) return new Map(outcomes.map((outcome) => [outcome.node, (outcome as { value: T }).value]));
  const first = failed[0] as { node: string; error: unknown };
  if (failed.length === 1) throw first.error;
  const sentences = failed.map(({ node, error }) => `${node}: ${messageOf(error)}`).join("\n");
  const code = first.error instanceof JepsenError ? first.error.code : "internal";
  const data = first.error instanceof JepsenError ? first.error.data : {};
  throw new JepsenError(
    code,
    `${failed.length} nodes failed.\n${sentences}`,
    { ...data, nodes: failed.map(({ node }) => node) },
    first.error,
  );
}

/** The nodes on which it failed, as far as the error says. */
export function failedNodes(error: unknown): readonly string[] {
  if (!(error instanceof JepsenError)) return [];
  const { node, nodes } = error.data;
  const named = Array.isArray(nodes) ? nodes : [node];
  return named.filter((each) => typeof each === "string");
}
