/** The whole step table of an object, where it is small: what holds for every cell of it holds for the object. */

import type { Problem } from "./problem.ts";
import { ILLEGAL } from "./step-table.ts";

/**
 * Computes every step from every state that any operations of the problem reach from the initial one, as long as there
 * are no more of these states than `statesMax` (a register has few; a counter or a queue has no end of them). Answers
 * whether the table is now complete.
 */
export function completeTable(problem: Problem, statesMax: number): boolean {
  const { table } = problem;
  const classes = table.classCount;
  for (let state = 0; state < table.stateCount; state++) {
    if (table.stateCount > statesMax) return false;
    for (let operation = 0; operation < classes; operation++) table.next(state, operation);
  }
  return true;
}

/** The possible next states of one cell, as a list. */
export function nextStates(problem: Problem, state: number, operation: number): readonly number[] | Int32Array {
  const next = problem.table.next(state, operation);
  if (next === ILLEGAL) return [];
  return next >= 0 ? [next] : problem.table.choices(next);
}
