/** Dequeues that crashed: each may have taken one value, nobody knows which. */

import { type Intervals, NEVER } from "./intervals.ts";
import { invocationOf, OVERTAKEN, type Passages } from "./passages.ts";
import { contradicts, type StructureOutcome } from "./structure-outcome.ts";

/** Only those values that a completed dequeue took. */
export function surelyTaken({ enqueue, dequeue, empty }: Passages, times: Intervals): Passages {
  const isSure = (take: number) => take >= 0 && times.returned[take] !== NEVER;
  return {
    enqueue: enqueue.filter((_, value) => isSure(dequeue[value] as number)),
    dequeue: dequeue.filter(isSure),
    empty,
    crashed: [],
  };
}

/**
 * Gives crashed dequeues to values that must have been taken by one; or says that they do not suffice.
 *
 * A value that nobody is known to have taken must be gone by the time at which a value, put after it, is surely taken:
 * that is its deadline. Any crashed dequeue serves that was invoked before it; as they never return, they can break no
 * order among themselves. So the earliest invoked go to the earliest deadlines: if that does not work out, nothing does.
 * What is left over goes to the values put first, which may explain a dequeue that found nothing.
 */
export function giveToCrashed(found: Passages, times: Intervals, eventCount: number): Passages | StructureOutcome {
  const { enqueue, crashed } = found;
  const dequeue = [...found.dequeue];
  const isSure = (value: number) => dequeue[value] !== -1 && times.returned[dequeue[value] as number] !== NEVER;
  const values = enqueue.map((_, value) => value);
  const rivals = earliestTakenAfter(values.filter(isSure), found, times, eventCount);
  const rivalOf = (value: number) =>
    rivals[Math.min(times.returned[enqueue[value] as number] as number, eventCount)] ?? -1;
  const deadline = (value: number) => {
    const rival = rivalOf(value);
    return rival < 0 ? NEVER : (times.returned[dequeue[rival] as number] as number);
  };
  const open = values.filter((value) => !isSure(value));
  const needing = open.filter((value) => invocationOf(dequeue[value] as number, times) >= deadline(value));
  const urgent = needing.filter((value) => deadline(value) < NEVER).sort((a, b) => deadline(a) - deadline(b));
  for (const [i, value] of urgent.entries()) {
    const take = crashed[i] ?? -1;
    if (invocationOf(take, times) >= deadline(value)) {
      const involved = urgent.slice(0, i + 1).flatMap((late) => [late, rivalOf(late)]);
      return contradicts(
        OVERTAKEN,
        involved.flatMap((other) => [enqueue[other], found.dequeue[other]] as number[]),
      );
    }
    dequeue[value] = take;
  }
  const firstPut = needing.filter((value) => deadline(value) === NEVER);
  firstPut.sort(
    (a, b) => (times.returned[enqueue[a] as number] as number) - (times.returned[enqueue[b] as number] as number),
  );
  crashed.slice(urgent.length).forEach((take, i) => {
    const value = firstPut[i];
    if (value !== undefined) dequeue[value] = take;
  });
  return { ...found, dequeue };
}

/** By event: of the values whose enqueue is invoked after it, the one whose dequeue returns first; -1 when there is none. */
function earliestTakenAfter(
  taken: readonly number[],
  { enqueue, dequeue }: Passages,
  times: Intervals,
  eventCount: number,
): Int32Array {
  const earliest = new Int32Array(eventCount + 1).fill(-1);
  for (const value of taken) earliest[times.invoked[enqueue[value] as number] as number] = value;
  const returnOf = (value: number) => (value < 0 ? NEVER : (times.returned[dequeue[value] as number] as number));
  for (let time = eventCount - 1; time >= 0; time--) {
    if (returnOf(earliest[time + 1] as number) < returnOf(earliest[time] as number)) {
      earliest[time] = earliest[time + 1] as number;
    }
  }
  return earliest;
}
