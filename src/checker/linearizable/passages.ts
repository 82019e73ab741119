/** The order in which values may go through a first-in, first-out queue. */

import { type Intervals, NEVER } from "./intervals.ts";
import { contradicts, HOLDS, type StructureOutcome } from "./structure-outcome.ts";

/** The values that went through the queue: who put each in, and who took it out, or -1. */
export interface Passages {
  readonly enqueue: readonly number[];
  readonly dequeue: readonly number[];
  /** Dequeues that found nothing. */
  readonly empty: readonly number[];
  /** Dequeues that crashed, in the order of invocation: nobody knows what they took. */
  readonly crashed: readonly number[];
}

const EARLY = "it took a value before that was enqueued";
/** Why values that were put in one order cannot have been taken in another. */
export const OVERTAKEN = "what was enqueued first was not taken first";
const NOT_EMPTY = "there was something in the queue all the while";

/** Whether the passages fit each other; the crashed dequeues are left aside. See `checkDistinctQueue` for the criterion. */
export function checkPassages(found: Passages, times: Intervals, eventCount: number): StructureOutcome {
  return checkOrder(found, times, eventCount) ?? checkEmpty(found, times, eventCount) ?? HOLDS;
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
    if (take >= 0 && (times.returned[take] as number) < (times.invoked[put] as number))
      return contradicts(EARLY, [take]);
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
    const involved = [take, enqueue[latest], dequeue[latest], enqueue[value]] as number[];
    return contradicts(OVERTAKEN, involved);
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
    return contradicts(NOT_EMPTY, [number, ...around]);
  }
  return undefined;
}

/** When an operation was invoked; NEVER for none. */
export function invocationOf(number: number, times: Intervals): number {
  return number < 0 ? NEVER : (times.invoked[number] as number);
}
