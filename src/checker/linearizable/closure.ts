/** The whole step table of an object, where it is small: what holds for every cell of it holds for the object. */

import type { Problem } from "./problem.ts";
import { ILLEGAL } from "./step-table.ts";

/** Cells that are computed at most, and states: a register has few, a counter or a queue has no end of them. */
const CELLS_MAX = 16_384;
const STATES_MAX = 64;

/**
 * Computes every step from every state that any operations of the problem reach from the initial one. Answers whether
 * the table is now complete; false when it would be too large.
 */
export function completeTable(problem: Problem): boolean {
  const { table } = problem;
  const classes = table.classCount;
  for (let state = 0; state < table.stateCount; state++) {
    if (table.stateCount > STATES_MAX || table.stateCount * classes > CELLS_MAX) return false;
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
