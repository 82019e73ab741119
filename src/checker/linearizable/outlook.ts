/**
 * A look ahead, for objects that show in each observation how they came to be: what was appended to a text stays in it,
 * in order, until it is set anew. An order of appends that a later read contradicts is given up at once.
 */

import type { OpenOperations } from "./open-operations.ts";
import type { Problem } from "./problem.ts";
import { MASK, RETURN, type RecordLayout, STATE } from "./record-layout.ts";
import type { Tuning } from "./tuning.ts";

/** Observations to come that a configuration is held against, the next to return first. */
const LOOK_AHEAD = 16;

/** Looks ahead from configurations of one problem. */
export class Outlook {
  readonly #problem: Problem;
  readonly #layout: RecordLayout;
  readonly #open: OpenOperations;
  readonly #ignoresResets: boolean;
  /** Returns of observers in order; by return, the first of them that is not before it. */
  readonly #observerReturns: Int32Array;
  readonly #nextObserver: Int32Array;
  /** By return: the return before which its operation was invoked. */
  readonly #enteredAt: Int32Array;
  /** By class of a reset: returns before which such an operation was invoked, in order; crashed ones included. */
  readonly #resets = new Map<number, number[]>();
  /** By class of an observation: the classes of resets that can lead to it. */
  readonly #resetsFor = new Map<number, readonly number[]>();
  readonly #optional: ReadonlySet<number>;
  #farthest = 0;

  constructor(problem: Problem, layout: RecordLayout, open: OpenOperations, tuning: Tuning) {
    this.#problem = problem;
    this.#layout = layout;
    this.#open = open;
    this.#ignoresResets = tuning.planted === "hasty-outlook";
    const { returns, returnSlot } = problem;
    const observerReturns: number[] = [];
    this.#nextObserver = new Int32Array(returns + 1);
    for (let r = 0; r < returns; r++) {
      this.#nextObserver[r] = observerReturns.length;
      if ((returnSlot[r] as number) < 0) observerReturns.push(r);
    }
    this.#nextObserver[returns] = observerReturns.length;
    this.#observerReturns = Int32Array.from(observerReturns);
    this.#enteredAt = enteredAt(problem);
    this.#optional = new Set(problem.crashClass);
    for (let r = 0; r < returns; r++) this.#noteReset(problem.returnClass[r] as number, this.#enteredAt[r] as number);
    problem.crashClass.forEach((operation, kind) => {
      for (let i = problem.crashStart[kind] as number; i < (problem.crashStart[kind + 1] as number); i++) {
        this.#noteReset(operation, problem.crashFrom[i] as number);
      }
    });
    for (const entries of this.#resets.values()) entries.sort((a, b) => a - b);
  }

  /** The farthest return that was looked at and found hopeless: a contradiction lies there or before. */
  get farthest(): number {
    return this.#farthest;
  }

  /**
   * Whether a configuration cannot be gone on with: there is an observation yet to be linearized, and neither the state
   * leads to it by growing, nor is there a reset left, invoked before the observation returns, that does. (What comes
   * right before the observation is the last reset before it and growth, or growth alone.)
   */
  isHopeless(scratch: Int32Array): boolean {
    const r = scratch[RETURN] as number;
    const state = scratch[STATE] as number;
    const { table, returnClass } = this.#problem;
    let looked = 0;
    for (let i = this.#nextObserver[r] as number; i < this.#observerReturns.length && looked < LOOK_AHEAD; i++) {
      const at = this.#observerReturns[i] as number;
      if (!this.#isAhead(scratch, r, at)) continue;
      looked++;
      const observation = returnClass[at] as number;
      if (table.leadsTo(state, observation) || this.#hasReset(scratch, r, at, observation)) continue;
      if (at > this.#farthest) this.#farthest = at;
      return true;
    }
    return false;
  }

  /** Whether the observer that returns at `at` is yet to be linearized. */
  #isAhead(scratch: Int32Array, r: number, at: number): boolean {
    if ((this.#enteredAt[at] as number) > r) return true;
    const slot = ~(this.#problem.returnSlot[at] as number);
    return ((scratch[this.#layout.pending + (slot >> 5)] as number) & (1 << (slot & 31))) !== 0;
  }

  /** Whether a reset that leads to the observation may still come before it. */
  #hasReset(scratch: Int32Array, r: number, at: number, observation: number): boolean {
    if (this.#ignoresResets) return false;
    if (this.#open.at !== r) this.#open.moveTo(r);
    const { mutators, mutatorClass, mutatorCount } = this.#open;
    for (const reset of this.#resetsLeadingTo(observation)) {
      // Crashed ones count as left, even if they are used up: that is on the safe side.
      const entries = this.#resets.get(reset) as readonly number[];
      if (this.#optional.has(reset) ? (entries[0] as number) <= at : hasBetween(entries, r, at)) return true;
      for (let i = 0; i < mutatorCount; i++) {
        const slot = mutators[i] as number;
        const isLeft = ((scratch[MASK + (slot >> 5)] as number) & (1 << (slot & 31))) === 0;
        if (mutatorClass[slot] === reset && isLeft) return true;
      }
    }
    return false;
  }

  #resetsLeadingTo(observation: number): readonly number[] {
    const known = this.#resetsFor.get(observation);
    if (known !== undefined) return known;
    const { table } = this.#problem;
    const leading = [...this.#resets.keys()].filter((reset) => {
      const state = table.next(0, reset);
      return state >= 0 && table.leadsTo(state, observation);
    });
    this.#resetsFor.set(observation, leading);
    return leading;
  }

  #noteReset(operation: number, entered: number): void {
    const { table } = this.#problem;
    if (!table.resets(operation)) return;
    const entries = this.#resets.get(operation);
    if (entries === undefined) this.#resets.set(operation, [entered]);
    else entries.push(entered);
  }
}

/** By return: the return before which its operation was invoked. */
function enteredAt(problem: Problem): Int32Array {
  const byOperation = new Int32Array(problem.group.invoke.length);
  let r = 0;
  for (const event of problem.group.events) {
    if ((event & 1) === 1) r++;
    else byOperation[event >> 1] = r;
  }
  return problem.returnOp.map((number) => byOperation[number] as number);
}

/** Whether a sorted list has an entry above `after` and up to `upTo`. */
function hasBetween(entries: readonly number[], after: number, upTo: number): boolean {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as number) <= after) low = middle + 1;
    else high = middle;
  }
  return low < entries.length && (entries[low] as number) <= upTo;
}
