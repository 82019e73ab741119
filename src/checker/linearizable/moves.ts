/** The moves of the search: what a configuration can do next. */

import type { Configurations } from "./configurations.ts";
import { OpenOperations } from "./open-operations.ts";
import { Outlook } from "./outlook.ts";
import type { Problem } from "./problem.ts";
import { MASK, RETURN, type RecordLayout, STATE } from "./record-layout.ts";
import { ILLEGAL, type StepTable } from "./step-table.ts";
import type { Tuning } from "./tuning.ts";

/** How promising moves are: rank 0 first. A move of rank IMPOSSIBLE cannot be made, or is pointless. */
const RANKS = 6;
export const IMPOSSIBLE = RANKS;

/** Computes successors of configurations of one problem, in one scratch record. */
export class Moves {
  /** The record under construction. */
  readonly scratch: Int32Array;
  readonly #problem: Problem;
  readonly #table: StepTable;
  readonly #layout: RecordLayout;
  readonly #open: OpenOperations;
  readonly #unlimitedCrashes: boolean;
  readonly #useMask: number;
  /** By state: the classes of crashed operations that have an effect there; without one, they need not have happened. */
  readonly #effective: Int32Array[] = [];
  /** By class: 1 when the initial state does not allow it; a sign that few states do. */
  readonly #isConditional: Uint8Array;
  readonly #outlook: Outlook | undefined;
  // The move that was looked at last: its operation's class, its slot or -1, and for a crashed one its count.
  #operation = 0;
  #slot = -1;
  #useWord = 0;
  #useOne = 0;

  constructor(problem: Problem, layout: RecordLayout, tuning: Tuning) {
    this.#problem = problem;
    this.#table = problem.table;
    this.#layout = layout;
    this.#open = new OpenOperations(problem, tuning);
    this.#unlimitedCrashes = tuning.planted === "free-crashes";
    this.scratch = new Int32Array(layout.stride);
    this.#useMask = (1 << (layout.useBits - 1)) - 1;
    this.#outlook = problem.looksAhead ? new Outlook(problem, layout, this.#open, tuning) : undefined;
    this.#isConditional = new Uint8Array(problem.table.classCount);
    for (const operation of problem.returnClass) {
      if (problem.table.next(0, operation) === ILLEGAL) this.#isConditional[operation] = 1;
    }
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
    const scratch = this.scratch;
    const { pending } = this.#layout;
    const { observerClass } = this.#openAt(scratch[RETURN] as number);
    const state = scratch[STATE] as number;
    for (let i = 0; i < this.#problem.pendingWords; i++) {
      let left = scratch[pending + i] as number;
      for (let bits = left; bits !== 0; bits &= bits - 1) {
        const place = 31 - Math.clz32(bits & -bits);
        const operation = observerClass[32 * i + place] as number;
        if (this.#table.next(state, operation) >= 0) left &= ~(1 << place);
      }
      scratch[pending + i] = left;
    }
  }

  /** Whether an observation to come shows that `scratch` leads nowhere. */
  isHopeless(): boolean {
    return this.#outlook?.isHopeless(this.scratch) ?? false;
  }

  /** The farthest return of an observation that made a configuration hopeless. */
  get farthest(): number {
    return this.#outlook?.farthest ?? 0;
  }

  /** Whether the operation that returns next is linearized in `scratch`, or need not be. */
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

  /**
   * How many moves there are to look at, at a return and in a state: the open mutators, and then the classes of crashed
   * operations that have an effect.
   */
  moveCount(r: number, state: number): number {
    return this.#openAt(r).mutatorCount + this.#effectiveCrashes(state).length;
  }

  /**
   * How promising a move from a record is. First what makes the target possible, and then, in both halves: operations
   * that are possible in few states, as they may not get another chance; others; crashed ones, as there are few of them.
   */
  rank(from: Configurations, record: number, move: number): number {
    const at = from.at(record);
    const words = from.words;
    if (!this.#select(words, at, move)) return IMPOSSIBLE;
    const r = words[at + RETURN] as number;
    const next = this.#table.next(words[at + STATE] as number, this.#operation);
    if (next === ILLEGAL) return IMPOSSIBLE;
    const target = this.#problem.returnSlot[r] as number;
    const half = RANKS / 2;
    const rank = this.#slot < 0 ? 2 : this.#isConditional[this.#operation] === 1 ? 0 : 1;
    if (this.#slot >= 0 && this.#slot === target) return rank;
    const state = next >= 0 ? next : (this.#table.choices(next)[0] as number);
    return this.#table.next(state, this.#problem.returnClass[r] as number) === ILLEGAL ? half + rank : rank;
  }

  /**
   * Makes `scratch` the configuration after a move from a record. `choice` numbers the outcomes of a move that has
   * several. Answers how many outcomes it has; 0 when the move is impossible, or pointless.
   */
  apply(from: Configurations, record: number, move: number, choice: number): number {
    const words = from.words;
    const at = from.at(record);
    if (!this.#select(words, at, move)) return 0;
    const state = words[at + STATE] as number;
    const next = this.#table.next(state, this.#operation);
    if (next === ILLEGAL) return 0;
    const scratch = this.scratch;
    for (let i = RETURN; i < scratch.length; i++) scratch[i] = words[at + i] as number;
    let outcomes = 1;
    if (next >= 0) {
      scratch[STATE] = next;
    } else {
      const choices = this.#table.choices(next);
      scratch[STATE] = choices[choice] as number;
      outcomes = choices.length;
    }
    if (this.#slot >= 0) {
      this.#linearize(this.#slot);
      return outcomes;
    }
    if (!this.#unlimitedCrashes) scratch[this.#useWord] = (scratch[this.#useWord] as number) + this.#useOne;
    return outcomes;
  }

  /** What a move linearizes: the slot of an open mutator, or ~(the class of crashed operations). */
  subject(r: number, state: number, move: number): number {
    const { mutators, mutatorCount } = this.#openAt(r);
    if (move >= mutatorCount) return ~(this.#effectiveCrashes(state)[move - mutatorCount] as number);
    return mutators[move] as number;
  }

  #openAt(r: number): OpenOperations {
    if (this.#open.at !== r) this.#open.moveTo(r);
    return this.#open;
  }

  #effectiveCrashes(state: number): Int32Array {
    const known = this.#effective[state];
    if (known !== undefined) return known;
    const { crashClass } = this.#problem;
    const kinds: number[] = [];
    for (let kind = 0; kind < crashClass.length; kind++) {
      const next = this.#table.next(state, crashClass[kind] as number);
      if (next !== ILLEGAL && next !== state) kinds.push(kind);
    }
    const effective = Int32Array.from(kinds);
    this.#effective[state] = effective;
    return effective;
  }

  /** Looks a move up; answers false when its operation is not there to be taken. */
  #select(words: Int32Array, at: number, move: number): boolean {
    const r = words[at + RETURN] as number;
    const open = this.#openAt(r);
    const count = open.mutatorCount;
    if (move >= count) {
      const kinds = this.#effectiveCrashes(words[at + STATE] as number);
      return this.#selectCrash(words, at, r, kinds[move - count] as number);
    }
    const slot = open.mutators[move] as number;
    if (((words[at + MASK + (slot >> 5)] as number) & (1 << (slot & 31))) !== 0) return false;
    // Operations of one class are interchangeable: a linearization that takes the later returning one first stays one
    // when the two are swapped, as both are open here and the other one's return comes first.
    const before = open.before[slot] as number;
    if (before >= 0 && this.#isOwed(words, at, before)) return false;
    this.#slot = slot;
    this.#operation = open.mutatorClass[slot] as number;
    return true;
  }

  /** A crashed operation of one class, while one is left that was invoked before this return. */
  #selectCrash(words: Int32Array, at: number, r: number, kind: number): boolean {
    const { crashStart, crashFrom, crashClass } = this.#problem;
    const { uses, useBits, usesPerWord } = this.#layout;
    const word = uses + Math.floor(kind / usesPerWord);
    const shift = (kind % usesPerWord) * useBits;
    const used = this.#unlimitedCrashes ? 0 : ((words[at + word] as number) >>> shift) & this.#useMask;
    const i = (crashStart[kind] as number) + used;
    if (i >= (crashStart[kind + 1] as number) || (crashFrom[i] as number) > r) return false;
    this.#slot = -1;
    this.#operation = crashClass[kind] as number;
    this.#useWord = word;
    this.#useOne = 1 << shift;
    return true;
  }

  #linearize(slot: number): void {
    const bit = 1 << (slot & 31);
    const scratch = this.scratch;
    scratch[MASK + (slot >> 5)] = (scratch[MASK + (slot >> 5)] as number) | bit;
    if (!this.#layout.coarse) return;
    const owed = this.#layout.owed + (slot >> 5);
    scratch[owed] = (scratch[owed] as number) & ~bit;
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
    const { enterStart, enters, slotOf } = this.#problem;
    const { coarse, owed, pending } = this.#layout;
    const scratch = this.scratch;
    const end = enterStart[r + 1] as number;
    for (let i = enterStart[r] as number; i < end; i++) {
      const slot = slotOf[enters[i] as number] as number;
      if (slot < 0) scratch[pending + (~slot >> 5)] = (scratch[pending + (~slot >> 5)] as number) | (1 << (~slot & 31));
      else if (coarse) scratch[owed + (slot >> 5)] = (scratch[owed + (slot >> 5)] as number) | (1 << (slot & 31));
    }
  }
}
