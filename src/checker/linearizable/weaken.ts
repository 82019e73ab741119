/** Weaker histories: what holds for one of them holds for the history itself. */

import type { Model } from "../../model/model.ts";
import { type Group, groupSize, modelOpAt } from "./group.ts";

/** A weaker version of a group, and which operation of the group each of its operations is. */
export interface Weakened {
  readonly group: Group;
  readonly numbers: Int32Array;
}

/**
 * The group in which only the given completed operations must have happened as they did. Of the others, those that only
 * observe are left out, and those that may change something become optional: they happened as they completed, at any
 * time after their invocation, or never. If the result is not linearizable, neither is the group: a linearization of the
 * group, without the observations, is one of the result. (Leaving out a change would be wrong: what was read of it would
 * then be impossible.) What was invoked after the last return is left out, too: nothing depends on it.
 */
export function weaken(model: Model, group: Group, required: ReadonlySet<number>): Weakened {
  const size = groupSize(group);
  const numberOf = new Int32Array(size).fill(-1);
  const numbers: number[] = [];
  const events: number[] = [];
  let left = required.size;
  for (const event of group.events) {
    if (left === 0) break;
    const number = event >> 1;
    if ((event & 1) === 1) {
      if (!required.has(number)) continue;
      events.push(2 * (numberOf[number] as number) + 1);
      left--;
    } else if (required.has(number) || !model.readOnly(modelOpAt(group, number))) {
      numberOf[number] = numbers.push(number) - 1;
      events.push(2 * (numberOf[number] as number));
    }
  }
  return {
    group: {
      history: group.history,
      ...(group.key === undefined ? {} : { key: group.key }),
      ...(group.part === undefined ? {} : { part: group.part }),
      invoke: Int32Array.from(numbers, (number) => group.invoke[number] as number),
      complete: Int32Array.from(numbers, (number) => group.complete[number] as number),
      events: Int32Array.from(events),
    },
    numbers: Int32Array.from(numbers),
  };
}

/** Numbers of the completed operations, in the order of their returns. */
export function returnsOf(group: Group): number[] {
  const numbers: number[] = [];
  for (const event of group.events) if ((event & 1) === 1) numbers.push(event >> 1);
  return numbers;
}
