import { z } from "zod";
import { knowsPrimaries } from "../../src/abilities.ts";
import type { Random } from "../../src/test.ts";
import type { FaultContext } from "../family.ts";
import { minoritySize, targetsSchema } from "../targets.ts";
import { bisect, bridge, completeGrudge, type Grudge, majoritiesRing, oneWay } from "./grudge.ts";

/** Which partitions `--partition` can name. */
export const PARTITION_KINDS = [
  "halves",
  "one",
  "minority",
  "majorities-ring",
  "bridge",
  "one-way",
  "primaries",
  "flapping",
] as const;
export type PartitionKind = (typeof PARTITION_KINDS)[number];

const flapSchema = z.strictObject({
  /** How long the links are cut each time, and how long they are whole in between. */
  downMs: z.number().min(300).max(60_000),
  upMs: z.number().min(300).max(60_000),
});

/** Links that go down and up, over and over. */
export type Flap = z.infer<typeof flapSchema>;

export const partitionSchema = targetsSchema.extend({
  kind: z.enum([...PARTITION_KINDS, "given"]).default("given"),
  /** For each node the nodes whose packets it drops. */
  grudge: z.record(z.string(), z.array(z.string())).optional(),
  flap: flapSchema.optional(),
});

/**
 * The value of a `start-partition`: any grudge; or nodes (or a kind of targets) that are cut off from the rest; or a kind
 * that is worked out when it starts. With `flap`, the cut comes and goes.
 */
export type PartitionValue = z.input<typeof partitionSchema>;

/** A grudge of this kind; undefined for kinds that depend on the database's state. */
export function grudgeOf(kind: PartitionKind, nodes: readonly string[], random: Random): Grudge | undefined {
  const shuffled = random.shuffle(nodes);
  switch (kind) {
    case "halves":
      return completeGrudge(bisect(shuffled));
    case "one":
      return cutOff(shuffled.slice(0, 1), nodes);
    case "minority":
    case "flapping":
      return cutOff(shuffled.slice(0, 1 + random.int(minoritySize(nodes.length))), nodes);
    case "majorities-ring":
      return majoritiesRing(nodes, random);
    case "bridge":
      return bridge(shuffled);
    case "one-way": {
      // one node is not heard by the others any more, or does not hear them
      const [alone, others] = [shuffled.slice(0, 1), shuffled.slice(1)];
      return random.bool() ? oneWay(alone, others) : oneWay(others, alone);
    }
    case "primaries":
      return undefined;
  }
}

/** These nodes on one side, all others on the other. */
export function cutOff(some: readonly string[], nodes: readonly string[]): Grudge {
  return completeGrudge([some, nodes.filter((node) => !some.includes(node))]);
}

/** Primaries are each alone, a minority of the nodes at most, so that the others can go on without them. */
export function isolated(primaries: readonly string[], nodes: readonly string[]): Grudge {
  const alone = primaries.slice(0, minoritySize(nodes.length));
  return completeGrudge([...alone.map((node) => [node]), nodes.filter((node) => !alone.includes(node))]);
}

/** Down and up for 0.4 to 2 s each: an election's time, from well below to well above. */
export function drawFlap(random: Random): Flap {
  const draw = () => Math.round(400 * 5 ** random.float());
  return { downMs: draw(), upMs: draw() };
}

/** With fewer nodes these kinds cut nobody. */
const NODES_MIN: Readonly<Partial<Record<PartitionKind, number>>> = { "majorities-ring": 4, bridge: 3 };

/** Why a kind makes no sense for so many nodes or this database, in one sentence; undefined when it does. */
export function impossible(kind: PartitionKind, { nodes, db }: FaultContext): string | undefined {
  const least = NODES_MIN[kind] ?? 2;
  if (nodes.length < least) return `A partition of the kind ${kind} needs at least ${least} nodes.`;
  if (kind !== "primaries" || knowsPrimaries(db)) return undefined;
  return "--partition primaries: this system does not tell which nodes are primaries.";
}
