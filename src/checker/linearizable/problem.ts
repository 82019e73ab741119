/**
 * One object's history compiled for the search: what is open at each return, in slots of a bit mask, and the crashed
 * operations as classes with counts. The search moves from return to return and explores only there ("just in time":
 * Lowe 2017): whatever is linearized between two returns could as well be linearized right before the later one.
 */

import type { Model, ModelOp } from "../../model/model.ts";
import { ClassInterner } from "./class-interner.ts";
import { type Group, groupSize, modelOpAt, requireKnown } from "./group.ts";
import type { Meter } from "./meter.ts";
import { Slots } from "./slots.ts";
import { StepTable } from "./step-table.ts";
import type { Tuning } from "./tuning.ts";

export interface Problem {
  readonly group: Group;
  readonly table: StepTable;
  /** Completed operations; each has one return, numbered in the order of time. */
  readonly returns: number;
  /** Operations that crashed and may matter. */
  readonly crashed: number;
  /** By return: the returning operation's number in the group, its class, and its slot; ~slot when it only observes. */
  readonly returnOp: Int32Array;
  readonly returnClass: Int32Array;
  readonly returnSlot: Int32Array;
  /** By number of a completed operation: its class, its slot or ~slot, and its return. */
  readonly classOf: Int32Array;
  readonly slotOf: Int32Array;
  readonly returnOf: Int32Array;
  /** Completed operations invoked since the return before, by return: `enters[enterStart[r] … enterStart[r + 1]]`. */
  readonly enterStart: Int32Array;
  readonly enters: Int32Array;
  /** Classes of crashed operations. */
  readonly crashClass: Int32Array;
  /** Crashed operations of class c: `crashFrom[crashStart[c] … crashStart[c + 1]]`, each the first return that may see it. */
  readonly crashStart: Int32Array;
  readonly crashFrom: Int32Array;
  /** The same operations' numbers in the group. */
  readonly crashOp: Int32Array;
  /** 32-bit words for: the mask of linearized open mutators, of observers yet to be linearized, and counts of used crashes. */
  readonly maskWords: number;
  readonly pendingWords: number;
  readonly useWords: number;
  /** Bits of one count, the highest of them always 0; counts do not straddle words. */
  readonly useBits: number;
  /** Whether the model shows in observations how the object came to be, and the search is to look at those to come. */
  readonly looksAhead: boolean;
}

/** Compiles a group. Its memory, the table's included, stays reserved: see `Meter.within`. */
export function compileProblem(model: Model, group: Group, tuning: Tuning, meter: Meter): Problem {
  const size = groupSize(group);
  const returns = group.events.length - size;
  meter.reserve(4 * (3 * size + 6 * returns));
  const returnRank = rankReturns(group);
  const { classes, classOf, observes } = classify(model, group, returnRank, tuning);
  const looksAhead = tuning.outlook && tuning.eagerReads && model.growth !== undefined;
  const observations = looksAhead ? classes.filter((op, id) => observes[id] === true && !op.crashed) : undefined;
  const table = new StepTable(model, classes, meter, observations);

  const crashes = new Map<unknown, CrashList>();
  const slotOf = new Int32Array(size);
  const mutatorSlots = new Slots();
  const observerSlots = new Slots();
  const returnOp = new Int32Array(returns);
  const returnClass = new Int32Array(returns);
  const returnSlot = new Int32Array(returns);
  const enterStart = new Int32Array(returns + 1);
  const enters = new Int32Array(returns);
  let entered = 0;
  let rank = 0;
  for (const event of group.events) {
    const number = event >> 1;
    const id = classOf[number] as number;
    const observer = (observes[id] as boolean) && tuning.eagerReads;
    if ((event & 1) === 1) {
      const slot = slotOf[number] as number;
      returnOp[rank] = number;
      returnClass[rank] = id;
      returnSlot[rank] = slot;
      if (observer) observerSlots.free(~slot);
      else mutatorSlots.free(slot);
      enterStart[++rank] = entered;
    } else if ((returnRank[number] as number) >= 0) {
      slotOf[number] = observer ? ~observerSlots.take() : mutatorSlots.take();
      enters[entered++] = number;
    } else if (!(observes[id] as boolean) && rank < returns && tuning.planted !== "drop-crashed") {
      // An optional observation constrains nothing, whatever it saw; nor does what was invoked after the last return.
      addCrash(crashes, crashKey(tuning, id, number, classes[id]?.f), id, rank, number);
    }
  }

  const maskWords = words(mutatorSlots.count);
  const pendingWords = words(observerSlots.count);
  const crashLists = [...crashes.values()];
  const crashed = crashLists.reduce((sum, list) => sum + list.from.length, 0);
  const useBits = 33 - Math.clz32(crashLists.reduce((max, list) => Math.max(max, list.from.length), 0));
  meter.reserve(8 * crashed);
  const crashStart = new Int32Array(crashLists.length + 1);
  crashLists.forEach((list, i) => {
    crashStart[i + 1] = (crashStart[i] as number) + list.from.length;
  });
  return {
    group,
    table,
    returns,
    crashed,
    returnOp,
    returnClass,
    returnSlot,
    classOf,
    slotOf,
    returnOf: returnRank,
    enterStart,
    enters,
    crashClass: Int32Array.from(crashLists, (list) => list.id),
    crashStart,
    crashFrom: Int32Array.from(crashLists.flatMap((list) => list.from)),
    crashOp: Int32Array.from(crashLists.flatMap((list) => list.ops)),
    maskWords,
    pendingWords,
    useWords: crashLists.length === 0 ? 0 : Math.ceil(crashLists.length / Math.floor(32 / useBits)),
    useBits,
    looksAhead,
  };
}

/** Sorts a group's operations into classes; by class, whether it only observes. */
function classify(
  model: Model,
  group: Group,
  returnRank: Int32Array,
  tuning: Tuning,
): { readonly classes: readonly ModelOp[]; readonly classOf: Int32Array; readonly observes: readonly boolean[] } {
  const classOf = new Int32Array(groupSize(group));
  const interner = new ClassInterner(model.ownerAware === true);
  const observes: boolean[] = [];
  for (let number = 0; number < classOf.length; number++) {
    const op = modelOpAt(group, number);
    const id = interner.classOf(op, (returnRank[number] as number) < 0);
    classOf[number] = id;
    if (id < observes.length) continue;
    requireKnown(model, op.f);
    observes.push(model.readOnly(op) || (tuning.planted === "eager-writes" && op.f === "write"));
  }
  return { classes: interner.classes, classOf, observes };
}

/** Crashed operations of one class: from which return on each may have happened, and their numbers. */
interface CrashList {
  readonly id: number;
  readonly from: number[];
  readonly ops: number[];
}

function addCrash(crashes: Map<unknown, CrashList>, key: unknown, id: number, rank: number, number: number): void {
  const known = crashes.get(key);
  if (known === undefined) {
    crashes.set(key, { id, from: [rank], ops: [number] });
  } else {
    known.from.push(rank);
    known.ops.push(number);
  }
}

function words(bits: number): number {
  return Math.max(1, Math.ceil(bits / 32));
}

/** By operation number: the place of its return among all returns; -1 when it has none. */
function rankReturns(group: Group): Int32Array {
  const ranks = new Int32Array(groupSize(group)).fill(-1);
  let rank = 0;
  for (const event of group.events) if ((event & 1) === 1) ranks[event >> 1] = rank++;
  return ranks;
}

/**
 * Crashed operations under one key count as one class. They are interchangeable, so that it is enough to count how many
 * were used: as they never return, a linearization that uses one of them stays one when it uses the earliest invoked that
 * is left in its place. So the next one may be used as soon as that one was invoked.
 */
function crashKey(tuning: Tuning, id: number, number: number, f: string | undefined): unknown {
  if (tuning.planted === "mixed-classes") return f;
  return tuning.crashClasses ? id : `operation ${number}`;
}
