/** The fault families, and how users make their own. */
import type { FaultFamily } from "./family.ts";
import { partitionFamily } from "./partition/partition.ts";

export { type FaultContext, type FaultFamily, rhythm } from "./family.ts";
export { bisect, bridge, completeGrudge, type Grudge, isCut, majoritiesRing, oneWay } from "./partition/grudge.ts";
export { PARTITION_KINDS, partitionFamily } from "./partition/partition.ts";

/** The families that come with the program, by the name that `--nemesis` takes. */
export const FAMILIES: ReadonlyMap<string, FaultFamily> = new Map(
  [partitionFamily].map((family) => [family.name, family]),
);
