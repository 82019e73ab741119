/** Crashed operations on which nothing can depend. */

import { nextStates } from "./closure.ts";
import type { Problem } from "./problem.ts";
import { ILLEGAL } from "./step-table.ts";
import type { Tuning } from "./tuning.ts";

/** Pairs of states, times classes, that are compared at most. */
const COMPARED_MAX = 100_000;

/**
 * Makes crashed operations steps without effect, in the step table, from states that can stand in for the state they
 * lead to; the search then does not take them. Needs a complete table.
 *
 * State s can stand in for t when every completed operation that is possible in t is possible in s, and every step from
 * t, of a crashed operation too, can be answered from s by the same step, or for a crashed one by none, so that the
 * state then reached can stand in for the other (the greatest such relation: a simulation). So whatever follows after
 * the crashed operation can as well follow without it, with one crashed operation more to spare. Note that a comparison
 * that was false is an operation too: it can depend on a write that no read ever saw.
 */
export function dropUselessCrashes(problem: Problem, tuning: Tuning): void {
  const { table } = problem;
  const states = table.stateCount;
  if (problem.crashClass.length === 0 || states * states * table.classCount > COMPARED_MAX) return;
  const standsIn = simulation(problem, tuning);
  for (const operation of problem.crashClass) {
    for (let state = 0; state < states; state++) {
      const next = nextStates(problem, state, operation);
      if (next.every((other) => standsIn[state * states + other] === 1)) table.overwrite(state, operation, state);
    }
  }
}

/** By s × states + t: 1 when s can stand in for t. */
function simulation(problem: Problem, tuning: Tuning): Uint8Array {
  const { table } = problem;
  const states = table.stateCount;
  const crashed = new Set(problem.crashClass);
  const forgetsComparisons = tuning.planted === "drop-unread";
  const completed = [...new Set(problem.returnClass)].filter(
    (operation) => !forgetsComparisons || table.classOp(operation).f !== "cas" || !isObservation(problem, operation),
  );
  const standsIn = new Uint8Array(states * states).fill(1);
  const answers = (s: number, t: number): boolean => {
    for (const operation of completed) {
      if (!stepsAnswered(problem, standsIn, s, t, operation, false)) return false;
    }
    for (const operation of crashed) {
      if (!stepsAnswered(problem, standsIn, s, t, operation, true)) return false;
    }
    return true;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let s = 0; s < states; s++) {
      for (let t = 0; t < states; t++) {
        if (s === t || standsIn[s * states + t] === 0 || answers(s, t)) continue;
        standsIn[s * states + t] = 0;
        changed = true;
      }
    }
  }
  return standsIn;
}

/** Whether each step of an operation from t has an answer from s. */
function stepsAnswered(
  problem: Problem,
  standsIn: Uint8Array,
  s: number,
  t: number,
  operation: number,
  mayBeLeftOut: boolean,
): boolean {
  const states = problem.table.stateCount;
  const own = nextStates(problem, s, operation);
  return nextStates(problem, t, operation).every(
    (after) =>
      (mayBeLeftOut && standsIn[s * states + after] === 1) ||
      own.some((answer) => standsIn[answer * states + after] === 1),
  );
}

/** Whether an operation changes no state. */
function isObservation(problem: Problem, operation: number): boolean {
  for (let state = 0; state < problem.table.stateCount; state++) {
    const next = problem.table.next(state, operation);
    if (next !== ILLEGAL && next !== state) return false;
  }
  return true;
}
