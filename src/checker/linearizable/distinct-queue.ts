/** First-in, first-out queues with distinct values: decided without search. */

import { valueKey } from "../../history/value.ts";
import type { Model, Structure } from "../../model/model.ts";
import { giveToCrashed, surelyTaken } from "./crashed-dequeues.ts";
import { type Group, groupSize, modelOpAt } from "./group.ts";
import { type Intervals, NEVER } from "./intervals.ts";
import { checkPassages, type Passages } from "./passages.ts";
import { contradicts, HOLDS, type StructureOutcome } from "./structure-outcome.ts";

const TWICE = "a value that was enqueued once was taken twice";
const OUT_OF_NOWHERE = "nobody enqueued the value that it took";

/**
 * Whether a queue history is linearizable; undefined when a value was enqueued twice, or when that depends on what a
 * crashed dequeue took.
 *
 * It is exactly when no value was taken that was not put, or before that, or twice; no value that was surely put before
 * another was surely taken after it, or not at all; and no dequeue found nothing while there was always something in the
 * queue (Henzinger, Sezgin, Vafeiadis, "Aspect-Oriented Linearizability Proofs", 2013).
 *
 * A crashed dequeue may have taken a value that no completed one took: see `giveToCrashed`. It can have taken none of
 * the others, so that what contradicts itself in those alone is a contradiction.
 */
export function checkDistinctQueue(
  model: Model,
  structure: Extract<Structure, { kind: "fifo-queue" }>,
  group: Group,
  times: Intervals,
): StructureOutcome | undefined {
  const found = passages(model, structure, group, times);
  if (found === undefined || "verdict" in found) return found;
  const eventCount = group.events.length;
  if (found.crashed.length === 0) return checkPassages(found, times, eventCount);
  const surely = checkPassages(surelyTaken(found, times), times, eventCount);
  if (!surely.verdict) return surely;
  const given = giveToCrashed(found, times, eventCount);
  if ("verdict" in given) return given;
  return checkPassages(given, times, eventCount).verdict ? HOLDS : undefined;
}

function passages(
  model: Model,
  structure: Extract<Structure, { kind: "fifo-queue" }>,
  group: Group,
  times: Intervals,
): Passages | StructureOutcome | undefined {
  const enqueues = new Map<unknown, number>();
  const dequeues = new Map<unknown, number>();
  const empty: number[] = [];
  const crashed: number[] = [];
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
    if (action.kind === "unknown") {
      crashed.push(number);
      continue;
    }
    const key = valueKey(action.value);
    if (action.kind === "enqueue") {
      if (enqueues.has(key)) return undefined;
      enqueues.set(key, number);
    } else {
      const other = dequeues.get(key);
      const isOptional = times.returned[number] === NEVER;
      // Of two that need not have happened, the one that was invoked first can do whatever the other can.
      if (other === undefined || (!isOptional && times.returned[other] === NEVER)) dequeues.set(key, number);
      else if (!isOptional) twice ??= contradicts(TWICE, [other, number]);
    }
  }
  if (twice !== undefined) return twice;
  for (const [key, number] of dequeues) {
    if (!enqueues.has(key) && times.returned[number] !== NEVER) return contradicts(OUT_OF_NOWHERE, [number]);
  }
  const enqueue: number[] = [];
  const dequeue: number[] = [];
  for (const [key, number] of enqueues) {
    const taken = dequeues.get(key) ?? -1;
    // What need not have been put, nor taken, may be left out.
    const isTaken = taken >= 0 && times.returned[taken] !== NEVER;
    if (!isTaken && times.returned[number] === NEVER) continue;
    enqueue.push(number);
    dequeue.push(taken);
  }
  return { enqueue, dequeue, empty, crashed };
}
