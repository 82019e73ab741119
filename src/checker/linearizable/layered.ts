/**
 * The layered search: all configurations before one return, then all before the next. Every configuration meets all its
 * rivals, so that dominance works best; a violation is found where the last configuration dies.
 *
 * With `chainMax`, configurations that differ only in what they owe and have used up are merged beyond that number into
 * one that is better than each of them. That can only add possibilities: when even so none is left, there is no
 * linearization. A way to the end that leads through a merged configuration proves nothing.
 */

import { Configurations } from "./configurations.ts";
import { LimitReached, type Meter } from "./meter.ts";
import { Moves } from "./moves.ts";
import type { Problem } from "./problem.ts";
import { layoutOf, MASK, MERGED, STATE } from "./record-layout.ts";
import type { FrontierEntry, SearchOutcome } from "./search-outcome.ts";
import type { Tuning } from "./tuning.ts";

/** Configurations that are described at most when a search fails. */
const FRONTIER_MAX = 64;

/** What may be merged: records with one key beyond `chainMax`; `coarse`: across masks. */
export interface Merging {
  readonly coarse: boolean;
  readonly chainMax: number;
}

/** Merges nothing: whatever the search answers is so. */
export const NO_MERGING: Merging = { coarse: false, chainMax: Number.POSITIVE_INFINITY };

/** Searches until it is decided, until `meter` reaches a limit, or until `steps` configurations were explored. */
export function layered(
  problem: Problem,
  tuning: Tuning,
  meter: Meter,
  steps: number,
  { coarse, chainMax }: Merging,
): SearchOutcome {
  const layout = layoutOf(problem, coarse);
  const moves = new Moves(problem, layout, tuning);
  const sets = [0, 1, 2].map(() => new Configurations(layout, tuning, meter));
  // What came over the last return · what waits for the next one to be linearized · what came over the next one.
  let [arrived, waiting, passed] = sets as [Configurations, Configurations, Configurations];
  const scratch = moves.scratch;
  let r = 0;
  let ended = false;
  let endedUnmerged = false;

  /** Puts `scratch` where it belongs. */
  const place = (): void => {
    moves.observe();
    if (moves.isHopeless()) return;
    const done = moves.isTargetDone();
    // This is the last chance of a target that merging made optional.
    if (!done || (moves.isTargetOptional() && tuning.planted !== "lost-chance")) waiting.add(scratch, chainMax);
    if (!done) return;
    if (moves.passReturn()) {
      ended = true;
      endedUnmerged ||= tuning.planted === "trust-merged" || ((scratch[layout.flags] as number) & MERGED) === 0;
    } else {
      passed.add(scratch, chainMax);
    }
  };

  try {
    meter.allow(steps);
    moves.begin();
    arrived.add(scratch, chainMax);
    for (r = 0; r < problem.returns; r++) {
      waiting.clear();
      passed.clear();
      for (let record = 0; record < arrived.count; record++) {
        if (arrived.isDropped(record)) continue;
        meter.step();
        arrived.copyTo(scratch, record);
        place();
      }
      // The set grows while it is walked through.
      for (let record = 0; record < waiting.count && !endedUnmerged; record++) {
        if (waiting.isDropped(record)) continue;
        const count = moves.moveCount(r, waiting.words[waiting.at(record) + STATE] as number);
        for (let move = 0; move < count; move++) {
          let outcomes = 1;
          for (let choice = 0; choice < outcomes && !waiting.isDropped(record); choice++) {
            outcomes = moves.apply(waiting, record, move, choice);
            if (outcomes === 0) break;
            meter.step();
            place();
          }
        }
      }
      if (passed.count === 0) break;
      [arrived, passed] = [passed, arrived];
    }
    if (endedUnmerged) return { verdict: true };
    if (ended) return { verdict: "unknown", limit: "merged", deepest: r };
    return {
      verdict: false,
      deepest: Math.max(r, moves.farthest),
      frontier: { at: r, entries: describe(problem, waiting) },
    };
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return { verdict: "unknown", limit: error.limit, deepest: r };
  } finally {
    meter.allow(Number.POSITIVE_INFINITY);
    for (const set of sets) set.dispose();
  }
}

/** The configurations of a set, for an explanation. */
function describe(problem: Problem, set: Configurations): FrontierEntry[] {
  const entries: FrontierEntry[] = [];
  for (let record = 0; record < set.count && entries.length < FRONTIER_MAX; record++) {
    if (set.isDropped(record)) continue;
    const at = set.at(record);
    const linearized: number[] = [];
    for (let slot = 0; slot < 32 * problem.maskWords; slot++) {
      if (((set.words[at + MASK + (slot >> 5)] as number) & (1 << (slot & 31))) !== 0) linearized.push(slot);
    }
    entries.push({ state: set.words[at + STATE] as number, linearized });
  }
  return entries;
}
