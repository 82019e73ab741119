/**
 * Decides one object in rounds of growing effort, so that one hard object does not hold up the others. A round tries
 * depth first, which finds a linearization quickly where there is one, and then layers, which finds violations quickly.
 */

import type { Model } from "../../model/model.ts";
import type { Verdict } from "../../test.ts";
import { depthFirst } from "./depth-first.ts";
import type { Group } from "./group.ts";
import { layered } from "./layered.ts";
import { LimitReached, type Meter } from "./meter.ts";
import { compileProblem, disposeProblem } from "./problem.ts";
import type { Algorithm } from "./result.ts";
import type { SearchOutcome } from "./search-outcome.ts";
import type { Tuning } from "./tuning.ts";

/** What is known of one object. */
export interface Decision {
  readonly verdict: Verdict;
  readonly algorithm: Algorithm;
  /** Why it is "unknown". "steps" and "merged": another round may decide it. */
  readonly limit?: SearchOutcome["limit"];
  /** The number of the return at which it got stuck; absent when nothing was searched. */
  readonly deepest?: number;
}

/** What one round may explore. Depth first first: most histories are linearizable, and then it hardly ever backtracks. */
const ROUNDS: readonly { readonly depthFirst: number; readonly layered: number; readonly chainMax: number }[] = [
  { depthFirst: 4_000, layered: 60_000, chainMax: 1 },
  { depthFirst: 100_000, layered: 300_000, chainMax: 2 },
  { depthFirst: 500_000, layered: 2_000_000, chainMax: 8 },
  { depthFirst: 2_000_000, layered: 10_000_000, chainMax: 64 },
];

/** The effort of a round; beyond the listed ones, each is four times the one before, and nothing is merged. */
function effortOf(round: number): { depthFirst: number; layered: number; chainMax: number } {
  const listed = ROUNDS[round];
  if (listed !== undefined) return listed;
  const last = ROUNDS.at(-1) as (typeof ROUNDS)[number];
  const factor = 4 ** (round - ROUNDS.length + 1);
  return {
    depthFirst: last.depthFirst * factor,
    layered: last.layered * factor,
    chainMax: Number.POSITIVE_INFINITY,
  };
}

/** Searches an object with the effort of a round. Answers "unknown" at any limit. */
export function attempt(model: Model, group: Group, tuning: Tuning, meter: Meter, round: number): Decision {
  const effort = effortOf(round);
  const unbounded = Number.POSITIVE_INFINITY;
  try {
    const problem = compileProblem(model, group, tuning, meter);
    try {
      if (problem.returns === 0) return { verdict: true, algorithm: "trivial" };
      if (tuning.algorithm !== "layered") {
        const steps = tuning.algorithm === "depth-first" ? unbounded : effort.depthFirst;
        const outcome = depthFirst(problem, tuning, meter, steps);
        if (isFinal(outcome) || tuning.algorithm === "depth-first") return decision(outcome, "depth-first");
      }
      const merging = tuning.merging && tuning.dominance;
      const outcome = layered(
        problem,
        tuning,
        meter,
        tuning.algorithm === "layered" && !merging ? unbounded : effort.layered,
        merging ? effort.chainMax : unbounded,
      );
      return decision(outcome, "layered");
    } finally {
      disposeProblem(problem, meter);
    }
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return { verdict: "unknown", algorithm: "trivial", limit: error.limit };
  }
}

/** Whether more steps would not change the outcome. */
function isFinal(outcome: SearchOutcome): boolean {
  return outcome.verdict !== "unknown" || outcome.limit === "time";
}

function decision(outcome: SearchOutcome, algorithm: Algorithm): Decision {
  return {
    verdict: outcome.verdict,
    algorithm,
    ...(outcome.limit === undefined ? {} : { limit: outcome.limit }),
    ...(outcome.deepest === undefined ? {} : { deepest: outcome.deepest }),
  };
}
