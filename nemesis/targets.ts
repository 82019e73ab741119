import { z } from "zod";
import { knowsPrimaries } from "../src/abilities.ts";
import type { Random, Test } from "../src/test.ts";
import type { FaultContext } from "./family.ts";

/** Which nodes a fault can be aimed at, beside nodes by name. */
export const TARGET_KINDS = ["one", "minority", "majority", "all", "primaries", "non-primaries"] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** The part of a fault's value that says whom it strikes. */
export const targetsSchema = z.strictObject({
  targets: z.enum([...TARGET_KINDS, "named"]).optional(),
  /** The nodes, when they are known beforehand. */
  nodes: z.array(z.string()).min(1).optional(),
  /** The order in which nodes are taken for kinds that depend on the database's state. */
  order: z.array(z.string()).min(1).optional(),
});

/**
 * Whom a fault strikes: nodes that the generator drew, or a kind that is resolved when the fault begins. A script may
 * give as little as `{ "nodes": ["n2"] }` or `{ "targets": "primaries" }`.
 */
export type Targets = z.infer<typeof targetsSchema>;

/** What `resolveTargets` reads of a value, which may say other things as well. */
const anyTargets = z.object({ ...targetsSchema.shape, targets: z.string().optional() });

/** The same values, refused when they name nodes that are not in the test. `others`: nodes beside the targets. */
export function ofNodes<T extends Partial<Targets>>(
  schema: z.ZodType<T>,
  nodes: readonly string[],
  others: (value: T) => readonly string[] = () => [],
): z.ZodType<T> {
  return schema.superRefine((value, ctx) => {
    const unknown = [...(value.nodes ?? []), ...(value.order ?? []), ...others(value)].find(
      (node) => !nodes.includes(node),
    );
    if (unknown !== undefined)
      ctx.addIssue({ code: "custom", message: `there is no node ${unknown}, but ${nodes.join(", ")}` });
  });
}

/** The same, for faults that must be told whom they strike. */
export function aimed<T extends Partial<Targets>>(schema: z.ZodType<T>, nodes: readonly string[]): z.ZodType<T> {
  const message = `it names no targets: give "nodes", or "targets" as one of ${TARGET_KINDS.join(", ")}`;
  return ofNodes(schema, nodes).refine((value) => value.nodes !== undefined || value.targets !== undefined, message);
}

/** From whom to whom, as one list of nodes. */
export function nodesOf(links: Readonly<Record<string, readonly string[]>> | undefined): readonly string[] {
  return Object.entries(links ?? {}).flatMap(([node, others]) => [node, ...others]);
}

/** How many nodes are the largest minority; at least one. */
export function minoritySize(count: number): number {
  return Math.max(1, Math.ceil(count / 2) - 1);
}

function isKind(text: string): text is TargetKind {
  return (TARGET_KINDS as readonly string[]).includes(text);
}

/** Nodes by name: `n1+n3`. */
function named(text: string): readonly string[] {
  return text.split("+");
}

/** What is wrong with what a `--…-targets` flag was given, in one sentence; undefined when nothing is. */
export function wrongTargets(flag: string, asked: readonly string[] | undefined, context: FaultContext) {
  for (const each of asked ?? []) {
    if (isKind(each)) {
      if (each.includes("primaries") && !knowsPrimaries(context.db))
        return `--${flag} ${each}: this system does not tell which nodes are primaries.`;
      continue;
    }
    const twice = named(each).find((node, i, all) => all.indexOf(node) !== i);
    if (twice !== undefined) return `--${flag} ${each}: name ${twice} once.`;
    const unknown = named(each).find((node) => !context.nodes.includes(node));
    if (unknown !== undefined)
      return `--${flag} takes ${TARGET_KINDS.join(", ")}, or nodes such as ${context.nodes.slice(0, 2).join("+")}, not "${each}".`;
  }
  return undefined;
}

/** Kinds that make sense for this database. */
export function possibleTargets(kinds: readonly TargetKind[], context: FaultContext): readonly TargetKind[] {
  return kinds.filter((kind) => knowsPrimaries(context.db) || !kind.includes("primaries"));
}

/** Draws nodes of this kind (or takes those it names). */
export function drawTargets(kind: string, nodes: readonly string[], random: Random): Targets {
  const order = random.shuffle(nodes);
  if (!isKind(kind)) return { targets: "named", nodes: [...named(kind)] };
  switch (kind) {
    case "one":
      return { targets: kind, nodes: order.slice(0, 1) };
    case "minority":
      return { targets: kind, nodes: order.slice(0, 1 + random.int(minoritySize(nodes.length))) };
    case "majority":
      return { targets: kind, nodes: order.slice(0, Math.floor(nodes.length / 2) + 1) };
    case "all":
      return { targets: kind, nodes: [...nodes] };
    default:
      return { targets: kind, order };
  }
}

/** The nodes, now; or why there are none. */
export type ResolvedTargets = { readonly nodes: readonly string[] } | { readonly none: string };

/** Resolves what the generator or a script gave. `none` is a skip's reason; a value that says nothing has one too. */
export async function resolveTargets(test: Test, value: unknown): Promise<ResolvedTargets> {
  const parsed = anyTargets.safeParse(value);
  if (!parsed.success || (parsed.data.targets === undefined && !parsed.data.nodes))
    return { none: `${JSON.stringify(value)} names no targets: {"nodes": ["${test.nodes[0]}"]} would.` };
  const { targets, nodes, order } = parsed.data;
  const unknown = [...(nodes ?? []), ...(order ?? [])].find((node) => !test.nodes.includes(node));
  if (unknown !== undefined) return { none: `there is no node ${unknown} in this test` };
  if (nodes) return { nodes: test.nodes.filter((node) => nodes.includes(node)) };
  const candidates = order ?? test.nodes;
  const count = test.nodes.length;
  switch (targets) {
    case "one":
      return { nodes: candidates.slice(0, 1) };
    case "minority":
      return { nodes: candidates.slice(0, minoritySize(count)) };
    case "majority":
      return { nodes: candidates.slice(0, Math.floor(count / 2) + 1) };
    case "all":
      return { nodes: test.nodes };
    case "primaries":
    case "non-primaries": {
      if (!knowsPrimaries(test.db)) return { none: "this system does not tell which nodes are primaries" };
      const primaries = await test.db.primaries(test);
      if (primaries.length === 0) return { none: "no node says that it is a primary now" };
      if (targets === "primaries") return { nodes: primaries };
      const others = candidates.filter((node) => !primaries.includes(node)).slice(0, minoritySize(count));
      return others.length > 0 ? { nodes: others } : { none: "every node is a primary now" };
    }
    default:
      return { none: `"${targets}" is no kind of target: choose from ${TARGET_KINDS.join(", ")}` };
  }
}
