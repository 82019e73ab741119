/** The moves of the search: what a configuration can do next. */

import { type Configurations, MASK, RETURN, type RecordLayout, STATE } from "./configurations.ts";
import { MUTATOR_STRIDE, OBSERVER_STRIDE, type Problem } from "./problem.ts";
import type { StepTable } from "./step-table.ts";
import type { Tuning } from "./tuning.ts";

/** Computes successors of configurations of one problem, in one scratch record. */
export class Moves {
  /** The record under construction. */
  readonly scratch: Int32Array;
  readonly #problem: Problem;
  readonly #table: StepTable;
  readonly #layout: RecordLayout;
  readonly #unlimitedCrashes: boolean;
  readonly #useMask: number;
  readonly #crashKinds: number;

  constructor(problem: Problem, layout: RecordLayout, tuning: Tuning) {
    this.#problem = problem;
    this.#table = problem.table;
    this.#layout = layout;
    this.#unlimitedCrashes = tuning.planted === "free-crashes";
    this.scratch = new Int32Array(layout.stride);
    this.#useMask = (1 << (layout.useBits - 1)) - 1;
    this.#crashKinds = problem.crashClass.length;
  }

  /** Makes `scratch` the configuration before the first return. */
  begin(): void {
    this.scratch.fill(0);
    this.#enter(0);
  }

  /**
   * Linearizes every open observer that is possible in the state of `scratch`. Sound for operations that leave every
   * state as it is: a linearization that places one later stays one when it is moved here, as nothing else sees it.
   */
  observe(): void {
    const { observerStart, observers } = this.#problem;
    const scratch = this.scratch;
    const pending = this.#layout.pending;
    const r = scratch[RETURN] as number;
    const state = scratch[STATE] as number;
    const end = observerStart[r + 1] as number;
    for (let i = observerStart[r] as number; i < end; i += OBSERVER_STRIDE) {
      const slot = observers[i] as number;
      const word = pending + (slot >> 5);
      const bit = 1 << (slot & 31);
      if (((scratch[word] as number) & bit) === 0) continue;
      if (this.#table.next(state, observers[i + 1] as number) >= 0) scratch[word] = (scratch[word] as number) & ~bit;
    }
  }

  /** Whether the operation that returns next is linearized in `scratch`. */
  isTargetDone(): boolean {
    const slot = this.#problem.returnSlot[this.scratch[RETURN] as number] as number;
    if (slot >= 0) return !this.#isOwed(this.scratch, 0, slot);
    return ((this.scratch[this.#layout.pending + (~slot >> 5)] as number) & (1 << (~slot & 31))) === 0;
  }

  /** Whether the operation that returns next may be linearized but need not, as merging can have it. */
  isTargetOptional(): boolean {
    const slot = this.#problem.returnSlot[this.scratch[RETURN] as number] as number;
    if (!this.#layout.coarse || slot < 0 || this.#isOwed(this.scratch, 0, slot)) return false;
    return ((this.scratch[MASK + (slot >> 5)] as number) & (1 << (slot & 31))) === 0;
  }

  /** Moves `scratch`, whose target is done, over its return. Answers whether that was the last one. */
  passReturn(): boolean {
    const scratch = this.scratch;
    const r = scratch[RETURN] as number;
    const slot = this.#problem.returnSlot[r] as number;
    if (slot >= 0) scratch[MASK + (slot >> 5)] = (scratch[MASK + (slot >> 5)] as number) & ~(1 << (slot & 31));
    scratch[RETURN] = r + 1;
    if (r + 1 === this.#problem.returns) return true;
    this.#enter(r + 1);
    return false;
  }

  /** How many moves there are to try at a return: move 0 is the target itself. */
  moveCount(r: number): number {
    const { mutatorStart } = this.#problem;
    return 1 + ((mutatorStart[r + 1] as number) - (mutatorStart[r] as number)) / MUTATOR_STRIDE + this.#crashKinds;
  }

  /**
   * Makes `scratch` the configuration after a move from a record. `choice` numbers the outcomes of a move that has
   * several. Answers how many outcomes it has; 0 when the move is impossible, or pointless.
   */
  apply(from: Configurations, record: number, move: number, choice: number): number {
    const words = from.words;
    const at = from.at(record);
    const problem = this.#problem;
    const r = words[at + RETURN] as number;
    const state = words[at + STATE] as number;
    const target = problem.returnSlot[r] as number;
    const firstMutator = problem.mutatorStart[r] as number;
    const mutators = ((problem.mutatorStart[r + 1] as number) - firstMutator) / MUTATOR_STRIDE;
    if (move > mutators) return this.#applyCrash(words, at, r, state, move - mutators - 1, choice);
    let slot = target;
    let operation = problem.returnClass[r] as number;
    if (move === 0) {
      if (target < 0) return 0;
    } else {
      const i = firstMutator + (move - 1) * MUTATOR_STRIDE;
      slot = problem.mutators[i] as number;
      if (slot === target) return 0;
      operation = problem.mutators[i + 1] as number;
      const before = problem.mutators[i + 2] as number;
      // Operations of one class are interchangeable: a linearization that takes the later returning one first stays
      // one when the two are swapped, as both are open here and the earlier one's return comes first.
      if (before >= 0 && this.#isOwed(words, at, before)) return 0;
    }
    const bit = 1 << (slot & 31);
    if (((words[at + MASK + (slot >> 5)] as number) & bit) !== 0) return 0;
    const outcomes = this.#step(words, at, state, operation, choice);
    if (outcomes > 0) {
      this.scratch[MASK + (slot >> 5)] = (this.scratch[MASK + (slot >> 5)] as number) | bit;
      if (this.#layout.coarse) {
        const owed = this.#layout.owed + (slot >> 5);
        this.scratch[owed] = (this.scratch[owed] as number) & ~bit;
      }
    }
    return outcomes;
  }

  /** The class of the operation that a move linearizes, and whether it is a crashed one: for witnesses. */
  moveOf(r: number, move: number): { readonly crashKind: number } | { readonly slot: number } {
    const { mutatorStart, mutators, returnSlot } = this.#problem;
    const first = mutatorStart[r] as number;
    const count = ((mutatorStart[r + 1] as number) - first) / MUTATOR_STRIDE;
    if (move > count) return { crashKind: move - count - 1 };
    return { slot: (move === 0 ? returnSlot[r] : mutators[first + (move - 1) * MUTATOR_STRIDE]) as number };
  }

  /** A crashed operation of one class, while one is left that was invoked before this return, and if it has an effect. */
  #applyCrash(words: Int32Array, at: number, r: number, state: number, kind: number, choice: number): number {
    const { crashStart, crashFrom, crashClass } = this.#problem;
    const { uses, useBits, usesPerWord } = this.#layout;
    const word = uses + Math.floor(kind / usesPerWord);
    const shift = (kind % usesPerWord) * useBits;
    const used = ((words[at + word] as number) >>> shift) & this.#useMask;
    const i = (crashStart[kind] as number) + (this.#unlimitedCrashes ? 0 : used);
    if (i >= (crashStart[kind + 1] as number) || (crashFrom[i] as number) > r) return 0;
    const outcomes = this.#step(words, at, state, crashClass[kind] as number, choice);
    // Without an effect it might as well not have happened.
    if (outcomes === 0 || (outcomes === 1 && this.scratch[STATE] === state)) return 0;
    if (!this.#unlimitedCrashes) this.scratch[word] = (this.scratch[word] as number) + (1 << shift);
    return outcomes;
  }

  #step(words: Int32Array, at: number, state: number, operation: number, choice: number): number {
    const next = this.#table.next(state, operation);
    if (next === -1) return 0;
    const scratch = this.scratch;
    for (let i = RETURN; i < scratch.length; i++) scratch[i] = words[at + i] as number;
    if (next >= 0) {
      scratch[STATE] = next;
      return 1;
    }
    const choices = this.#table.choices(next);
    scratch[STATE] = choices[choice] as number;
    return choices.length;
  }

  /** Whether an open mutator must yet be linearized. */
  #isOwed(words: Int32Array, at: number, slot: number): boolean {
    const bit = 1 << (slot & 31);
    return this.#layout.coarse
      ? ((words[at + this.#layout.owed + (slot >> 5)] as number) & bit) !== 0
      : ((words[at + MASK + (slot >> 5)] as number) & bit) === 0;
  }

  /** Makes what was invoked since the return before a return owed and pending. */
  #enter(r: number): void {
    const { mutatorsEnter, maskWords, observersEnter, pendingWords } = this.#problem;
    const { coarse, owed, pending } = this.#layout;
    for (let i = 0; coarse && i < maskWords; i++) {
      this.scratch[owed + i] = (this.scratch[owed + i] as number) | (mutatorsEnter[r * maskWords + i] as number);
    }
    for (let i = 0; i < pendingWords; i++) {
      this.scratch[pending + i] =
        (this.scratch[pending + i] as number) | (observersEnter[r * pendingWords + i] as number);
    }
  }
}
