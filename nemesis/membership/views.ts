import type { Member } from "../../src/members.ts";

/** What each node that answers takes for the members. */
export type Views = ReadonlyMap<string, readonly Member[]>;

/** The membership as most see it. */
export interface MergedView {
  readonly members: readonly Member[];
  /** Members that answer, whatever they see. */
  readonly answering: readonly string[];
  /** Those of them that see exactly this. */
  readonly agreeing: readonly string[];
}

/** A membership as text: two views are the same when they hold the same members with the same votes. */
function keyOf(members: readonly Member[]): string {
  return members
    .map(({ id, node, isVoter }) => `${node} ${id} ${isVoter}`)
    .sort()
    .join("\n");
}

/**
 * Merges what nodes see into what counts: the view that more than half of its own members hold. A node that was taken
 * out does not count, whatever it still believes. Undefined when no view has such a majority.
 */
export function mergeViews(views: Views): MergedView | undefined {
  for (const members of views.values()) {
    const inside = members.map(({ node }) => node);
    const answering = inside.filter((node) => views.has(node));
    const agreeing = answering.filter((node) => keyOf(views.get(node) ?? []) === keyOf(members));
    if (agreeing.length * 2 > inside.length) return { members, answering, agreeing };
  }
  return undefined;
}

/** Nodes with a vote. */
export function voters({ members }: MergedView): readonly string[] {
  return members.filter(({ isVoter }) => isVoter).map(({ node }) => node);
}

/** Whether the others still are a majority of what is left when a node leaves. */
export function survivesWithout(view: MergedView, node: string): boolean {
  const left = voters(view).filter((each) => each !== node);
  const answering = left.filter((each) => view.answering.includes(each));
  return answering.length * 2 > left.length;
}

/** Whether a majority stays one when a node joins that may not answer. */
export function survivesWith(view: MergedView): boolean {
  const all = voters(view);
  const answering = all.filter((each) => view.answering.includes(each));
  return answering.length * 2 > all.length + 1;
}
