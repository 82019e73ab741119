/**
 * Decides one object in rounds of growing effort, so that one hard object does not hold up the others. A round tries
 * depth first, which finds a linearization quickly where there is one, and then layers, which finds violations quickly.
 */

import type { Model } from "../../model/model.ts";
import type { Verdict } from "../../test.ts";
import { completeTable } from "./closure.ts";
import { depthFirst } from "./depth-first.ts";
import type { Group } from "./group.ts";
import { layered, type Merging, NO_MERGING } from "./layered.ts";
import { LimitReached, type Meter } from "./meter.ts";
import { compileProblem, type Problem } from "./problem.ts";
import { firstUnreachable } from "./reachability.ts";
import type { Algorithm } from "./result.ts";
import type { SearchOutcome } from "./search-outcome.ts";
import type { Tuning } from "./tuning.ts";
import { dropUselessCrashes } from "./useless-crashes.ts";

/** What is known of one object. */
export interface Decision {
  readonly verdict: Verdict;
  readonly algorithm: Algorithm;
  /** Why it is "unknown". "steps" and "merged": another round may decide it. "model": a step of the model did not end. */
  readonly limit?: SearchOutcome["limit"] | "model";
  /** The number of the return at which it got stuck; absent when nothing was searched. */
  readonly deepest?: number;
  /** With false: numbers of operations that contradict each other, where that is known. */
  readonly suspects?: readonly number[];
  /** Why they do, in words. */
  readonly reason?: string;
}

/** What one round does, in order; counts of configurations. */
export interface Round {
  /** States of objects whose steps are all computed beforehand. */
  readonly statesMax: number;
  readonly depthFirst: number;
  readonly layered: readonly { readonly steps: number; readonly merging: Merging }[];
}

/**
 * Depth first first: most histories are linearizable, and then it hardly ever backtracks. Then layers that merge almost
 * everything, which is often enough to see that nothing can lead on; then ever less merging.
 */
const ROUNDS: readonly Round[] = [
  { statesMax: 64, depthFirst: 5_000, layered: [{ steps: 100_000, merging: { coarse: true, chainMax: 1 } }] },
  {
    statesMax: 256,
    depthFirst: 50_000,
    layered: [
      { steps: 1_000_000, merging: { coarse: true, chainMax: 1 } },
      { steps: 200_000, merging: { coarse: true, chainMax: 8 } },
      { steps: 200_000, merging: { coarse: false, chainMax: 1 } },
    ],
  },
  {
    statesMax: 1_024,
    depthFirst: 400_000,
    layered: [
      { steps: 1_000_000, merging: { coarse: true, chainMax: 32 } },
      { steps: 1_000_000, merging: { coarse: false, chainMax: 4 } },
    ],
  },
];

/** What finding a small contradiction takes: a search that does not soon end is not worth waiting for. */
export const SMALL_ROUND: Round = {
  statesMax: 64,
  depthFirst: 2_000,
  layered: [{ steps: 20_000, merging: { coarse: true, chainMax: 1 } }],
};

/** The rounds beyond the listed ones: each four times the one before, merging little and at last nothing. */
export function roundOf(round: number): Round {
  const listed = ROUNDS[round];
  if (listed !== undefined) return listed;
  const beyond = round - ROUNDS.length;
  const chainMax = beyond < 2 ? 16 * 4 ** beyond : Number.POSITIVE_INFINITY;
  const steps = 2_000_000 * 4 ** beyond;
  return { statesMax: 1_024, depthFirst: steps, layered: [{ steps, merging: { coarse: false, chainMax } }] };
}

/** Searches an object with the effort of a round. Answers "unknown" at any limit. */
export function attempt(model: Model, group: Group, tuning: Tuning, meter: Meter, plan: Round): Decision {
  try {
    return meter.within(() => {
      const problem = compileProblem(model, group, tuning, meter);
      return problem.returns === 0 ? { verdict: true, algorithm: "trivial" } : search(problem, tuning, meter, plan);
    });
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return { verdict: "unknown", algorithm: "trivial", limit: error.limit };
  }
}

function search(problem: Problem, tuning: Tuning, meter: Meter, plan: Round): Decision {
  if (tuning.algorithm === "depth-first") {
    return decision(depthFirst(problem, tuning, meter, Number.POSITIVE_INFINITY), "depth-first");
  }
  let last: Decision | undefined;
  if (tuning.algorithm !== "layered") {
    last = decision(depthFirst(problem, tuning, meter, plan.depthFirst), "depth-first");
    if (isFinal(last)) return last;
  }
  meter.look();
  const isComplete = completeTable(problem, plan.statesMax);
  if (isComplete) {
    const unreachable = tuning.reachability ? firstUnreachable(problem, tuning) : undefined;
    if (unreachable !== undefined) return { verdict: false, algorithm: "reachability", deepest: unreachable };
    if (tuning.dropCrashed) dropUselessCrashes(problem, tuning);
  }
  for (const { steps, merging } of layersOf(plan, isComplete, tuning)) {
    const outcome = decision(layered(problem, tuning, meter, steps, merging), "layered");
    // What a search that merged reached need not be reachable: it tells less than a depth-first one does.
    last = outcome.limit !== undefined && last !== undefined ? { ...last, limit: outcome.limit } : outcome;
    if (isFinal(last)) break;
  }
  return last as Decision;
}

/** The layered searches of a round. Where states have no end (a counter), merging could make ever more out of nothing. */
function layersOf(plan: Round, isComplete: boolean, tuning: Tuning): Round["layered"] {
  if (tuning.merging && tuning.dominance && isComplete) return plan.layered;
  const steps = plan.layered.reduce((sum, layer) => sum + layer.steps, 0);
  return [{ steps, merging: NO_MERGING }];
}

/** Whether more steps would not change the outcome. */
function isFinal(decision: Decision): boolean {
  return decision.verdict !== "unknown" || decision.limit === "time";
}

function decision(outcome: SearchOutcome, algorithm: Algorithm): Decision {
  return {
    verdict: outcome.verdict,
    algorithm,
    ...(outcome.limit === undefined ? {} : { limit: outcome.limit }),
    ...(outcome.deepest === undefined ? {} : { deepest: outcome.deepest }),
  };
}
