/**
 * What is open at a return. Only what changes from one return to the next is looked at, in either direction, as a search
 * goes on by a return or two at a time: lists for all returns would need memory for returns × concurrency.
 */

import type { Problem } from "./problem.ts";
import type { Tuning } from "./tuning.ts";

/** The completed operations of one problem that are open at a return, by their slots. */
export class OpenOperations {
  readonly #problem: Problem;
  readonly #classOrder: boolean;
  readonly #lateFirst: boolean;
  /** Slots of the open mutators, in the order of their returns; as many as `mutatorCount`. */
  readonly mutators: Int32Array;
  /** By slot of an open mutator: its class, and its return. */
  readonly mutatorClass: Int32Array;
  readonly #mutatorReturn: Int32Array;
  /** By slot of an open mutator: the slot of the open mutator of the same class that returns next before it, or -1. */
  readonly before: Int32Array;
  /** By slot of an open observer: its class. */
  readonly observerClass: Int32Array;
  #at = 0;
  #mutatorCount = 0;

  /** At the first return. There must be one. */
  constructor(problem: Problem, tuning: Tuning) {
    this.#problem = problem;
    this.#classOrder = tuning.classOrder;
    this.#lateFirst = tuning.planted === "late-first";
    const mutatorSlots = 32 * problem.maskWords;
    this.mutators = new Int32Array(mutatorSlots);
    this.mutatorClass = new Int32Array(mutatorSlots);
    this.#mutatorReturn = new Int32Array(mutatorSlots);
    this.before = new Int32Array(mutatorSlots);
    this.observerClass = new Int32Array(32 * problem.pendingWords);
    this.#enter(0);
  }

  /** The return that it stands at. */
  get at(): number {
    return this.#at;
  }

  get mutatorCount(): number {
    return this.#mutatorCount;
  }

  /** Goes to another return. */
  moveTo(r: number): void {
    const { returnOp } = this.#problem;
    while (this.#at < r) {
      this.#remove(returnOp[this.#at] as number);
      this.#enter(++this.#at);
    }
    while (this.#at > r) {
      const { enterStart, enters } = this.#problem;
      const end = enterStart[this.#at + 1] as number;
      for (let i = enterStart[this.#at] as number; i < end; i++) this.#remove(enters[i] as number);
      this.#add(returnOp[--this.#at] as number);
    }
  }

  /** Adds what was invoked since the return before. */
  #enter(r: number): void {
    const { enterStart, enters } = this.#problem;
    const end = enterStart[r + 1] as number;
    for (let i = enterStart[r] as number; i < end; i++) this.#add(enters[i] as number);
  }

  #add(number: number): void {
    const { slotOf, classOf, returnOf } = this.#problem;
    const slot = slotOf[number] as number;
    const id = classOf[number] as number;
    if (slot < 0) {
      this.observerClass[~slot] = id;
      return;
    }
    const { mutators, mutatorClass, before } = this;
    const rank = returnOf[number] as number;
    mutatorClass[slot] = id;
    this.#mutatorReturn[slot] = rank;
    let i = this.#mutatorCount++;
    for (; i > 0 && this.#isAfter(mutators[i - 1] as number, rank); i--) mutators[i] = mutators[i - 1] as number;
    mutators[i] = slot;
    before[slot] = -1;
    if (!this.#classOrder) return;
    const next = this.#nextOfClass(i, id);
    if (next >= 0) {
      before[slot] = before[next] as number;
      before[next] = slot;
      return;
    }
    for (let j = i - 1; j >= 0; j--) {
      if (mutatorClass[mutators[j] as number] !== id) continue;
      before[slot] = mutators[j] as number;
      return;
    }
  }

  #remove(number: number): void {
    const { slotOf, classOf } = this.#problem;
    const slot = slotOf[number] as number;
    if (slot < 0) return;
    const { mutators, before } = this;
    let i = 0;
    while (mutators[i] !== slot) i++;
    const next = this.#classOrder ? this.#nextOfClass(i, classOf[number] as number) : -1;
    if (next >= 0) before[next] = before[slot] as number;
    const last = --this.#mutatorCount;
    for (; i < last; i++) mutators[i] = mutators[i + 1] as number;
  }

  /** The slot of the next mutator of a class behind a place, or -1. */
  #nextOfClass(place: number, id: number): number {
    for (let i = place + 1; i < this.#mutatorCount; i++) {
      const slot = this.mutators[i] as number;
      if (this.mutatorClass[slot] === id) return slot;
    }
    return -1;
  }

  #isAfter(slot: number, rank: number): boolean {
    const other = this.#mutatorReturn[slot] as number;
    return this.#lateFirst ? other < rank : other > rank;
  }
}
