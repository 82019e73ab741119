/** First-in, first-out queues with distinct values: decided without search. */

import { valueKey } from "../../history/value.ts";
import type { Model, Structure } from "../../model/model.ts";
import { type Group, groupSize, modelOpAt } from "./group.ts";
import { type Intervals, NEVER } from "./intervals.ts";
import { contradicts, HOLDS, type StructureOutcome } from "./structure-outcome.ts";

/** The values that went through the queue: who put each in, and who took it out, or -1. */
interface Passages {
  readonly enqueue: number[];
  readonly dequeue: number[];
  /** Dequeues that found nothing. */
  readonly empty: number[];
}

/**
 * Whether a queue history is linearizable; undefined when a value was enqueued twice, or a dequeue crashed.
 *
 * It is exactly when no value was taken that was not put, or before that, or twice; no value that was surely put before
 * another was surely taken after it, or not at all; and no dequeue found nothing while there was always something in the
 * queue (Henzinger, Sezgin, Vafeiadis, "Aspect-Oriented Linearizability Proofs", 2013).
 */
export function checkDistinctQueue(
  model: Model,
  structure: Extract<Structure, { kind: "fifo-queue" }>,
  group: Group,
  times: Intervals,
): StructureOutcome | undefined {
  const found = passages(model, structure, group);
  if (found === undefined || "verdict" in found) return found;
  return checkOrder(found, times, group.events.length) ?? checkEmpty(found, times, group.events.length) ?? HOLDS;
}

function passages(
  model: Model,
  structure: Extract<Structure, { kind: "fifo-queue" }>,
  group: Group,
): Passages | StructureOutcome | undefined {
  const enqueues = new Map<unknown, number>();
  const dequeues = new Map<unknown, number>();
  const empty: number[] = [];
  let twice: StructureOutcome | undefined;
  for (let number = 0; number < groupSize(group); number++) {
    const op = modelOpAt(group, number);
    if (op.crashed && model.readOnly(op)) continue;
    const action = structure.action(op);
    if (action === undefined) return undefined;
    if (action.kind === "empty") {
      empty.push(number);
      continue;
    }
    const key = valueKey(action.value);
    if (action.kind === "enqueue") {
      if (enqueues.has(key)) return undefined;
      enqueues.set(key, number);
    } else {
      const other = dequeues.get(key);
      if (other !== undefined) twice ??= contradicts(other, number);
      else dequeues.set(key, number);
    }
  }
  if (twice !== undefined) return twice;
  for (const [key, number] of dequeues) if (!enqueues.has(key)) return contradicts(number);
  const enqueue: number[] = [];
  const dequeue: number[] = [];
  for (const [key, number] of enqueues) {
    const taken = dequeues.get(key) ?? -1;
    // What crashed and was never taken may never have been put.
    if (taken < 0 && (group.complete[number] as number) < 0) continue;
    enqueue.push(number);
    dequeue.push(taken);
  }
  return { enqueue, dequeue, empty };
}

/** Values taken before they were put, and pairs taken against the order in which they were put. */
function checkOrder(
  { enqueue, dequeue }: Passages,
  times: Intervals,
  eventCount: number,
): StructureOutcome | undefined {
  /** By event: the value (+ 1) whose enqueue is invoked, or has returned, there. */
  const invokedAt = new Int32Array(eventCount);
  const returnedAt = new Int32Array(eventCount);
  const isTakenAt = (value: number) => invocationOf(dequeue[value] as number, times);
  for (let value = 0; value < enqueue.length; value++) {
    const put = enqueue[value] as number;
    const take = dequeue[value] as number;
    if (take >= 0 && (times.returned[take] as number) < (times.invoked[put] as number)) return contradicts(take);
    invokedAt[times.invoked[put] as number] = value + 1;
    if (times.returned[put] !== NEVER) returnedAt[times.returned[put] as number] = value + 1;
  }
  // Of the values surely put by now, the one whose dequeue was invoked last, or never.
  let latest = -1;
  for (let time = 0; time < eventCount; time++) {
    const put = (returnedAt[time] as number) - 1;
    if (put >= 0 && (latest < 0 || isTakenAt(put) > isTakenAt(latest))) latest = put;
    const value = (invokedAt[time] as number) - 1;
    if (value < 0 || latest < 0) continue;
    const take = dequeue[value] as number;
    if (take < 0 || (times.returned[take] as number) >= isTakenAt(latest)) continue;
    return contradicts(take, enqueue[latest] as number, dequeue[latest] as number, enqueue[value] as number);
  }
  return undefined;
}

/** Dequeues that found nothing, although there was something in the queue all the while. */
function checkEmpty(
  { enqueue, dequeue, empty }: Passages,
  times: Intervals,
  eventCount: number,
): StructureOutcome | undefined {
  if (empty.length === 0) return undefined;
  // A value is surely there between the return of its enqueue and the invocation of its dequeue.
  const change = new Int32Array(eventCount + 1);
  for (let value = 0; value < enqueue.length; value++) {
    const from = times.returned[enqueue[value] as number] as number;
    const to = invocationOf(dequeue[value] as number, times);
    if (from >= to) continue;
    change[from] = (change[from] as number) + 1;
    if (to !== NEVER) change[to] = (change[to] as number) - 1;
  }
  // By event: how many moments before it, one after each event, had surely nothing in the queue.
  const emptyBefore = new Int32Array(eventCount + 1);
  let there = 0;
  for (let time = 0; time < eventCount; time++) {
    there += change[time] as number;
    emptyBefore[time + 1] = (emptyBefore[time] as number) + (there === 0 ? 1 : 0);
  }
  for (const number of empty) {
    const from = times.invoked[number] as number;
    const to = times.returned[number] as number;
    if (emptyBefore[to] !== emptyBefore[from]) continue;
    const around = enqueue.filter((put, value) => {
      const take = invocationOf(dequeue[value] as number, times);
      return (times.returned[put] as number) < to && take > from;
    });
    return contradicts(number, ...around);
  }
  return undefined;
}

function invocationOf(number: number, times: Intervals): number {
  return number < 0 ? NEVER : (times.invoked[number] as number);
}
