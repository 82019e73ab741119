/** The random small histories that the engine is held against, by specification and seed. */

import { type Random, randomStream } from "../../../src/random.ts";
import type { SmallOp } from "./oracle.ts";
import { type Kind, smallHistory } from "./small-histories.ts";
import type { Spec } from "./specs.ts";

/**
 * One history, and the stream that goes on from it. `kind` defaults to one with a mistake or an arbitrary one, at random.
 */
export function randomHistory(
  spec: Spec,
  seed: number,
  kind?: Kind,
): { readonly ops: readonly SmallOp[]; readonly random: Random } {
  const random = randomStream(seed, spec.model);
  const chosen = kind ?? random.pick(["mutated", "arbitrary"] as const);
  const options = {
    operations: 4 + random.int(6),
    processes: 2 + random.int(3),
    crashes: random.pick([0, 0.15, 0.4]),
  };
  return { ops: smallHistory(spec, chosen, random, options), random };
}
