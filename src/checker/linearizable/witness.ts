/** A linearization in the order in which its operations take effect, from the moves that a depth-first search made. */

import { Configurations } from "./configurations.ts";
import { depthFirst } from "./depth-first.ts";
import type { Meter } from "./meter.ts";
import { Moves } from "./moves.ts";
import type { Problem } from "./problem.ts";
import { layoutOf, RETURN, STATE } from "./record-layout.ts";
import type { Tuning } from "./tuning.ts";

/** Numbers of the operations of a linearization of the problem, in order; undefined when none was found in that many steps. */
export function linearization(problem: Problem, tuning: Tuning, meter: Meter, steps: number): number[] | undefined {
  const moves: number[] = [];
  const found = depthFirst(problem, tuning, meter, steps, moves);
  return found.verdict === true ? replay(problem, tuning, meter, moves) : undefined;
}

/** Makes the moves again (pairs of move and choice), and notes what each linearizes. */
function replay(problem: Problem, tuning: Tuning, meter: Meter, taken: readonly number[]): number[] {
  const layout = layoutOf(problem, false);
  const moves = new Moves(problem, layout, tuning);
  const current = new Configurations(layout, tuning, meter);
  const order: number[] = [];
  const usedCrashes = new Int32Array(problem.crashClass.length);
  const scratch = moves.scratch;
  const settle = (): void => {
    for (;;) {
      const r = scratch[RETURN] as number;
      const before = scratch.slice(layout.pending, layout.uses);
      moves.observe();
      for (let slot = 0; slot < 32 * problem.pendingWords; slot++) {
        const gone = (before[slot >> 5] as number) & ~(scratch[layout.pending + (slot >> 5)] as number);
        if ((gone & (1 << (slot & 31))) !== 0) order.push(holderOf(problem, r, ~slot));
      }
      if (!moves.isTargetDone() || moves.passReturn()) return;
    }
  };
  try {
    moves.begin();
    settle();
    for (let i = 0; i < taken.length; i += 2) {
      current.clear();
      const record = current.add(scratch, 1);
      const r = scratch[RETURN] as number;
      const subject = moves.subject(r, scratch[STATE] as number, taken[i] as number);
      moves.apply(current, record, taken[i] as number, taken[i + 1] as number);
      if (subject >= 0) {
        order.push(holderOf(problem, r, subject));
      } else {
        const at = (problem.crashStart[~subject] as number) + (usedCrashes[~subject] as number);
        usedCrashes[~subject] = (usedCrashes[~subject] as number) + 1;
        order.push(problem.crashOp[at] as number);
      }
      settle();
    }
    return order;
  } finally {
    current.dispose();
  }
}

/** The operation that holds a mutator's slot, or an observer's as ~slot, at a return: the next one to return from it. */
export function holderOf(problem: Problem, r: number, slot: number): number {
  let at = r;
  while (at < problem.returns && problem.returnSlot[at] !== slot) at++;
  return problem.returnOp[at] as number;
}
