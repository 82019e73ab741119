/** Whether every completed operation was possible at all by the time it returned. */

import { nextStates } from "./closure.ts";
import type { Problem } from "./problem.ts";
import type { Tuning } from "./tuning.ts";

/**
 * The first return whose operation is impossible in every state that the operations invoked before it could have led
 * to, each of them used any number of times and in any order; undefined when there is none. Such an operation makes the
 * history not linearizable: no linearization can do more than that. Needs a complete table.
 */
export function firstUnreachable(problem: Problem, tuning: Tuning): number | undefined {
  const { table, returns } = problem;
  const invokedBy = classesByReturn(problem, tuning.planted !== "sober-reachability");
  const reached = [0];
  const isReached = new Uint8Array(table.stateCount);
  isReached[0] = 1;
  const active: number[] = [];
  const isActive = new Uint8Array(table.classCount);
  const follow = (state: number, operation: number): void => {
    for (const next of nextStates(problem, state, operation)) {
      if (isReached[next] === 1) continue;
      isReached[next] = 1;
      reached.push(next);
    }
  };
  let closed = 0;
  for (let r = 0; r < returns; r++) {
    for (const operation of invokedBy[r] ?? []) {
      if (isActive[operation] === 1) continue;
      isActive[operation] = 1;
      active.push(operation);
      for (let i = 0; i < closed; i++) follow(reached[i] as number, operation);
    }
    // `reached` grows while it is walked through; states before `closed` were followed by every active operation.
    for (; closed < reached.length; closed++) {
      for (const operation of active) follow(reached[closed] as number, operation);
    }
    const target = problem.returnClass[r] as number;
    if (!reached.some((state) => nextStates(problem, state, target).length > 0)) return r;
  }
  return undefined;
}

/** By return: the classes of the operations that were invoked since the return before, crashed ones included if wanted. */
function classesByReturn(problem: Problem, withCrashed: boolean): (number[] | undefined)[] {
  const byReturn: (number[] | undefined)[] = [];
  const add = (r: number, operation: number): void => {
    const list = byReturn[r];
    if (list === undefined) byReturn[r] = [operation];
    else list.push(operation);
  };
  const classOf = new Int32Array(problem.group.invoke.length).fill(-1);
  for (let r = 0; r < problem.returns; r++) classOf[problem.returnOp[r] as number] = problem.returnClass[r] as number;
  let r = 0;
  for (const event of problem.group.events) {
    if ((event & 1) === 1) r++;
    else if ((classOf[event >> 1] as number) >= 0) add(r, classOf[event >> 1] as number);
  }
  for (let kind = 0; withCrashed && kind < problem.crashClass.length; kind++) {
    add(problem.crashFrom[problem.crashStart[kind] as number] as number, problem.crashClass[kind] as number);
  }
  return byReturn;
}
