/** Sets whose elements are added at most once and removed at most once: decided without search. */

import { valueKey } from "../../history/value.ts";
import type { Model, Structure } from "../../model/model.ts";
import { type Group, groupSize, modelOpAt } from "./group.ts";
import { type Intervals, NEVER } from "./intervals.ts";
import { contradicts, HOLDS, type StructureOutcome } from "./structure-outcome.ts";

/** What was done with one element; numbers of operations, -1 for none. */
interface ElementUse {
  add: number;
  remove: number;
  readonly present: number[];
  readonly absent: number[];
}

const MISSED = "a read that began after an element was added misses it";
const OVERTAKEN = "a read saw an element, and misses one that had been added before that";
const GONE = "a later read misses an element that an earlier one saw";
const EARLY = "it saw an element before that was added";
const CROSSED = "of two reads of a set that only grows, each saw an element that the other missed";
const NO_MOMENT = "what was seen of the element fits no moments at which it can have come and gone";

interface WholeRead {
  readonly number: number;
  readonly elements: readonly unknown[];
}

/**
 * Whether a set history is linearizable; undefined when an element was added or removed twice, or when the whole set is
 * read while elements are removed or asked for one by one.
 */
export function checkDistinctSet(
  model: Model,
  structure: Extract<Structure, { kind: "set" }>,
  group: Group,
  times: Intervals,
): StructureOutcome | undefined {
  const uses = new Map<unknown, ElementUse>();
  const reads: WholeRead[] = [];
  let onlyAdds = true;
  for (let number = 0; number < groupSize(group); number++) {
    const op = modelOpAt(group, number);
    if (op.crashed && model.readOnly(op)) continue;
    const action = structure.action(op);
    if (action === undefined) return undefined;
    if (action.kind === "read") {
      reads.push({ number, elements: action.elements.map(valueKey) });
      continue;
    }
    if (action.kind !== "add") onlyAdds = false;
    const key = valueKey(action.element);
    let use = uses.get(key);
    if (use === undefined) {
      use = { add: -1, remove: -1, present: [], absent: [] };
      uses.set(key, use);
    }
    if (action.kind === "present" || action.kind === "absent") {
      use[action.kind].push(number);
    } else {
      if (use[action.kind] >= 0) return undefined;
      use[action.kind] = number;
    }
  }
  if (reads.length > 0) return onlyAdds ? checkReads(uses, reads, times) : undefined;
  // Elements are independent of each other (locality).
  for (const use of uses.values()) {
    const outcome = checkElement(use, times);
    if (!outcome.verdict) return outcome;
  }
  return HOLDS;
}

/**
 * One element. It is there from a point of its add to a later point of its remove, if that comes later. Both points are
 * best as close together as the operations that saw the element allow: then the fewest that missed it lie within.
 */
function checkElement({ add, remove, present, absent }: ElementUse, times: Intervals): StructureOutcome {
  const everyone = () => contradicts(NO_MOMENT, [add, remove, ...present, ...absent]);
  const invoked = (number: number) => times.invoked[number] as number;
  const returned = (number: number) => times.returned[number] as number;
  if (present.length === 0) {
    // Without an add, or before it, or after a remove, an element is absent.
    if (add < 0 || returned(add) === NEVER) return HOLDS;
    const lastMiss = absent.reduce((last, number) => Math.max(last, invoked(number)), -1);
    if (lastMiss < returned(add)) return HOLDS;
    if (remove < 0) return everyone();
  }
  if (add < 0) return contradicts("nobody added the element that it saw", present.slice(0, 1));
  const begins = present.reduce((least, number) => Math.min(least, returned(number)), returned(add));
  if (begins < invoked(add)) return contradicts(EARLY, present);
  // It stays: all that missed it were invoked before it began.
  if (absent.every((number) => invoked(number) < begins)) {
    // The remove, if any, comes before the add, or after all that saw the element.
    if (remove < 0 || returned(remove) === NEVER || invoked(remove) < begins) return HOLDS;
    const stays = present.every((number) => invoked(number) < returned(remove));
    if (stays) return HOLDS;
  }
  if (remove < 0) return everyone();
  // It goes again: the add before the remove.
  const ends = present.reduce((most, number) => Math.max(most, invoked(number)), invoked(remove));
  if (ends > returned(remove) || invoked(add) > returned(remove)) return everyone();
  const fits = begins > ends || absent.every((number) => invoked(number) < begins || returned(number) > ends);
  return fits ? HOLDS : everyone();
}

/**
 * A set that only grows, read as a whole. The reads, put in the order of their sizes, must each contain the one before;
 * each element was added between the last read that missed it and the first that saw it; and no operation returned
 * before an earlier one in that order was invoked.
 */
function checkReads(uses: Map<unknown, ElementUse>, reads: WholeRead[], times: Intervals): StructureOutcome {
  const inOrder = reads.toSorted((a, b) => a.elements.length - b.elements.length);
  const seen = new Set<unknown>();
  let last = -1;
  /** What was invoked last, and a read that shows that it happened, if it need not have. */
  let latest: readonly [operation: number, shownBy: number] = [-1, -1];
  const pass = (operation: number, shownBy: number): void => {
    if ((times.invoked[operation] as number) <= last) return;
    last = times.invoked[operation] as number;
    latest = [operation, shownBy];
  };
  const isLate = (operation: number) => (times.returned[operation] as number) < last;
  const isReadLatest = () => latest[0] === latest[1];
  const lateAdd = (add: number, shownBy = -1) => {
    return contradicts(isReadLatest() ? MISSED : OVERTAKEN, [add, shownBy, ...latest]);
  };
  let i = 0;
  while (i < inOrder.length) {
    const size = (inOrder[i] as WholeRead).elements.length;
    const first = i;
    const fresh: number[] = [];
    for (; i < inOrder.length && (inOrder[i] as WholeRead).elements.length === size; i++) {
      const read = inOrder[i] as WholeRead;
      for (const element of read.elements) {
        if (seen.has(element)) continue;
        const add = uses.get(element)?.add ?? -1;
        if (add < 0) return contradicts("nobody added an element that it saw", [read.number]);
        seen.add(element);
        fresh.push(add);
      }
      // Something that an earlier read saw is missing here, or something is here twice.
      if (seen.size !== size || new Set(read.elements).size !== size) {
        const until = inOrder.slice(0, i + 1).map(({ number }) => number);
        return contradicts(CROSSED, until);
      }
    }
    const group = inOrder.slice(first, i);
    const shownBy = (group[0] as WholeRead).number;
    for (const add of fresh) if (isLate(add)) return lateAdd(add, shownBy);
    for (const add of fresh) pass(add, shownBy);
    for (const { number } of group) {
      if (isLate(number)) return contradicts(isReadLatest() ? GONE : EARLY, [number, ...latest]);
    }
    for (const { number } of group) pass(number, number);
  }
  for (const [element, { add }] of uses) {
    if (!seen.has(element) && isLate(add)) return lateAdd(add);
  }
  return HOLDS;
}
