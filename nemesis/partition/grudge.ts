import type { Random } from "../../src/test.ts";

/** For each node the nodes whose packets it drops. Nodes that drop nothing may be left out. */
export type Grudge = Readonly<Record<string, readonly string[]>>;

/** Everybody in one group drops everything from every other group. */
export function completeGrudge(groups: readonly (readonly string[])[]): Grudge {
  const grudge: Record<string, string[]> = {};
  for (const group of groups) {
    const others = groups.filter((other) => other !== group).flat();
    for (const node of group) if (others.length > 0) grudge[node] = others;
  }
  return grudge;
}

/** The nodes in two halves, the first the smaller one. */
export function bisect<T>(nodes: readonly T[]): [T[], T[]] {
  const middle = Math.floor(nodes.length / 2);
  return [nodes.slice(0, middle), nodes.slice(middle)];
}

/** Two halves, and the middle node that still sees both. */
export function bridge(nodes: readonly string[]): Grudge {
  const middle = Math.floor(nodes.length / 2);
  const between = nodes[middle];
  const grudge = completeGrudge([nodes.slice(0, middle), nodes.slice(middle + 1)]);
  return Object.fromEntries(
    Object.entries(grudge).map(([node, dropped]) => [node, dropped.filter((other) => other !== between)]),
  );
}

/**
 * Every node sees a majority, but no two nodes the same one: on a ring in random order each node sees its neighbours
 * up to a majority. What a sees and what sees a agree, so that links are cut in both directions.
 */
export function majoritiesRing(nodes: readonly string[], random: Random): Grudge {
  const ring = random.shuffle(nodes);
  const count = ring.length;
  const reach = Math.ceil(Math.floor(count / 2) / 2);
  const grudge: Record<string, string[]> = {};
  ring.forEach((node, i) => {
    const dropped = ring.filter((_, j) => Math.min((i - j + count) % count, (j - i + count) % count) > reach);
    if (dropped.length > 0) grudge[node] = dropped;
  });
  return grudge;
}

/** Only one direction: the nodes of `from` are no longer heard by those of `to`. */
export function oneWay(from: readonly string[], to: readonly string[]): Grudge {
  return Object.fromEntries(to.map((node) => [node, from.filter((other) => other !== node)]));
}

/** The same without what a node sends to itself, which no link carries and nobody can measure. */
export function withoutSelf(grudge: Grudge): Grudge {
  return Object.fromEntries(
    Object.entries(grudge).map(([node, dropped]) => [node, dropped.filter((other) => other !== node)]),
  );
}

/** Whether `to` drops what `from` sends. */
export function isCut(grudge: Grudge, from: string, to: string): boolean {
  return grudge[to]?.includes(from) ?? false;
}

/** A grudge in words: `n1 | n2 n3 n4 n5` for groups, else who drops whom. */
export function describeGrudge(grudge: Grudge, nodes: readonly string[]): string {
  const sees = (node: string) =>
    nodes.filter((other) => other === node || (!isCut(grudge, other, node) && !isCut(grudge, node, other)));
  const groups = [...new Set(nodes.map((node) => sees(node).join(" ")))];
  const isPartition = groups.join(" ").split(" ").length === nodes.length;
  const symmetric = nodes.every((a) => nodes.every((b) => isCut(grudge, a, b) === isCut(grudge, b, a)));
  if (isPartition && symmetric) return groups.join(" | ");
  return nodes
    .filter((node) => (grudge[node]?.length ?? 0) > 0)
    .map((node) => `${node} drops ${grudge[node]?.join(" ")}`)
    .join(", ");
}
