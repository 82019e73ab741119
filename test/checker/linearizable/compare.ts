/** The engine against the brute-force oracle, on random small histories. */

import { checkLinearizable } from "../../../src/checker/linearizable/check.ts";
import type { Tuning } from "../../../src/checker/linearizable/tuning.ts";
import { modelByName } from "../../../src/model/registry.ts";
import { isLinearizable } from "./oracle.ts";
import { randomHistory } from "./random-histories.ts";
import { recorded } from "./small-histories.ts";
import type { Spec } from "./specs.ts";

/** What came of a comparison. */
export interface Tally {
  readonly linearizable: number;
  /** By model and seed; none if all is well. */
  readonly mismatches: readonly string[];
}

/** How to compare. */
export interface CompareOptions {
  /** Switches of the engine, for each history by its seed. */
  readonly tuning?: (seed: number) => Partial<Tuning>;
  readonly stopAtFirst?: boolean;
}

/**
 * Compares verdicts on the histories of one specification with seeds `from`, `from + 1`, … About half of them are made
 * linearizable by construction: those are taken as long as there are too few.
 */
export function compare(spec: Spec, from: number, count: number, options: CompareOptions = {}): Tally {
  const model = modelByName(spec.model);
  const mismatches: string[] = [];
  let linearizable = 0;
  for (let seed = from; seed < from + count; seed++) {
    const { ops, random } = randomHistory(spec, seed, linearizable * 2 < seed - from ? "valid" : undefined);
    const expected = isLinearizable(spec, ops);
    if (expected) linearizable++;
    const tuning = options.tuning?.(seed) ?? {};
    const { valid } = checkLinearizable(model, recorded(spec, ops, random), { explain: false, tuning });
    if (valid === expected) continue;
    mismatches.push(`${spec.model} seed ${seed} ${JSON.stringify(tuning)}: ${valid}, but it is ${expected}`);
    if (options.stopAtFirst === true) break;
  }
  return { linearizable, mismatches };
}
