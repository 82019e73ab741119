/**
 * A set of configurations. A configuration is a record of 32-bit words: where the search stands (return, state, mask of
 * linearized open mutators: the key), and what it still owes or has used up (observers yet to be linearized, crashed
 * operations used: the vector). Of two configurations with the same key, one whose vector is nowhere greater can do
 * whatever the other can: it has no more reads to place, and every crashed operation that the other has left. So the
 * other one is dropped ("dominance"). This needs only that a crashed operation may never happen at all.
 *
 * In a coarse layout the key is only return and state; the mask moves into the vector, beside a second one of the
 * mutators that are owed. At first every open mutator is either linearized or owed. Configurations can then be merged
 * across masks: what one of them does not owe is not owed, what one has left is left.
 */

import { grown } from "./int-list.ts";
import type { Meter } from "./meter.ts";
import { LINK, MERGED, RETURN, type RecordLayout, STATE } from "./record-layout.ts";
import type { Tuning } from "./tuning.ts";

/** Chain heads that are kept however few are used. */
const HEADS_KEPT = 1024;

/** What became of a record that was added. */
export const DOMINATED = -1;

/** Records numbered from 0 in one growing array, found by key through an open-addressing table of chains. */
export class Configurations {
  readonly layout: RecordLayout;
  readonly #meter: Meter;
  readonly #dominance: boolean;
  /** Where comparing bits and counts of vectors ends. */
  readonly #bitsEnd: number;
  readonly #usesEnd: number;
  #words: Int32Array;
  #heads: Int32Array;
  #keys = 0;
  #count = 0;

  constructor(layout: RecordLayout, tuning: Tuning, meter: Meter) {
    this.layout = layout;
    this.#meter = meter;
    this.#dominance = tuning.dominance;
    this.#bitsEnd = tuning.planted === "blind-pending" ? layout.pending : layout.uses;
    this.#usesEnd = tuning.planted === "blind-dominance" ? layout.uses : layout.flags;
    const records = 32;
    meter.reserve(4 * (records * layout.stride + 2 * records));
    this.#words = new Int32Array(records * layout.stride);
    this.#heads = new Int32Array(2 * records).fill(-1);
  }

  /** Records added so far, dropped ones included. */
  get count(): number {
    return this.#count;
  }

  /** All records; valid until the next `add`. */
  get words(): Int32Array {
    return this.#words;
  }

  /** Where a record begins in `words`. */
  at(record: number): number {
    return record * this.layout.stride;
  }

  /** Whether a record was dropped since it was added. */
  isDropped(record: number): boolean {
    return this.#words[record * this.layout.stride + STATE] === -1;
  }

  /**
   * Adds a copy of the record in `scratch`, unless one that is there dominates it; drops those that it dominates.
   * Answers its number, or DOMINATED. `chainMax`: as soon as this many records with its key are there, it is merged with
   * one of them into a record that dominates both and is marked as MERGED, and the number of that one is answered.
   */
  add(scratch: Int32Array, chainMax: number): number {
    const slot = this.#probe(this.#heads, scratch, 0);
    const head = this.#heads[slot] as number;
    if (head < 0) {
      const record = this.#append(scratch, -1);
      this.#heads[slot] = record;
      if (++this.#keys * 2 > this.#heads.length) this.#growHeads();
      return record;
    }
    const stride = this.layout.stride;
    let length = 0;
    let before = -1;
    let first = head;
    for (let record = head; record >= 0; ) {
      const at = record * stride;
      const after = this.#words[at + LINK] as number;
      if (this.#notGreater(this.#words, at, scratch, 0)) return DOMINATED;
      if (this.#dominance && this.#notGreater(scratch, 0, this.#words, at)) {
        // Records stay where they are, as others refer to them by number; a dropped one has no state.
        this.#words[at + STATE] = -1;
        if (before < 0) first = after;
        else this.#words[before * stride + LINK] = after;
      } else {
        before = record;
        length++;
      }
      record = after;
    }
    if (length >= chainMax) {
      this.#merge(scratch, first * stride);
      // The merged record may dominate others of its chain, and is itself new: it takes the place of the one it grew from.
      this.#words[first * stride + STATE] = -1;
      first = this.#words[first * stride + LINK] as number;
    }
    const record = this.#append(scratch, first);
    this.#heads[slot] = record;
    return record;
  }

  /** Copies a record into `scratch`. */
  copyTo(scratch: Int32Array, record: number): void {
    const at = record * this.layout.stride;
    for (let i = RETURN; i < scratch.length; i++) scratch[i] = this.#words[at + i] as number;
  }

  /** Forgets all records; gives back memory by halves while much more is there than was used. */
  clear(): void {
    if (this.#count === 0) return;
    if (this.#heads.length > HEADS_KEPT && this.#keys * 16 < this.#heads.length) {
      this.#meter.release(2 * this.#heads.length);
      this.#heads = new Int32Array(this.#heads.length / 2);
    }
    this.#heads.fill(-1);
    this.#count = 0;
    this.#keys = 0;
  }

  /** Gives the memory back to the meter; the set must not be used afterwards. */
  dispose(): void {
    this.#meter.release(4 * (this.#words.length + this.#heads.length));
  }

  /** Whether the vector at `a` is nowhere greater than that at `b`. Without dominance: whether they are equal. */
  #notGreater(left: Int32Array, a: number, right: Int32Array, b: number): boolean {
    const { vector, uses, flags, guards } = this.layout;
    if (!this.#dominance) {
      for (let i = vector; i < flags; i++) if (left[a + i] !== right[b + i]) return false;
      return true;
    }
    for (let i = vector; i < this.#bitsEnd; i++) {
      if (((left[a + i] as number) & ~(right[b + i] as number)) !== 0) return false;
    }
    // Counts in parallel: with the guard bit set in the right one, no count borrows from its neighbour, and the guard
    // survives exactly where the left count is not greater.
    for (let i = uses; i < this.#usesEnd; i++) {
      const difference = ((right[b + i] as number) | guards) - (left[a + i] as number);
      if ((difference & guards) !== guards) return false;
    }
    return true;
  }

  /** Makes the vector in `scratch` the pointwise least of itself and the record's, and marks it. */
  #merge(scratch: Int32Array, at: number): void {
    const { vector, uses, flags, guards, useBits } = this.layout;
    for (let i = vector; i < uses; i++) {
      scratch[i] = (scratch[i] as number) & (this.#words[at + i] as number);
    }
    for (let i = uses; i < flags; i++) {
      const a = scratch[i] as number;
      const b = this.#words[at + i] as number;
      const aNotLess = ((a | guards) - b) & guards;
      const take = aNotLess - (aNotLess >>> (useBits - 1));
      scratch[i] = (b & take) | (a & ~take);
    }
    scratch[flags] = (scratch[flags] as number) | MERGED;
  }

  #append(scratch: Int32Array, link: number): number {
    const stride = this.layout.stride;
    const at = this.#count * stride;
    if (at + stride > this.#words.length) {
      this.#words = grown(this.#words, 2 * this.#words.length, this.#meter);
    }
    const words = this.#words;
    words[at] = link;
    for (let i = 1; i < stride; i++) words[at + i] = scratch[i] as number;
    return this.#count++;
  }

  /** The place in `heads` of the chain with the key at `from`, or the empty place where it belongs. */
  #probe(heads: Int32Array, from: Int32Array, at: number): number {
    const stride = this.layout.stride;
    const keyEnd = this.layout.vector;
    let hash = 0;
    for (let i = RETURN; i < keyEnd; i++) {
      hash = Math.imul(hash ^ (from[at + i] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const wrap = heads.length - 1;
    let slot = hash & wrap;
    for (;;) {
      const head = heads[slot] as number;
      if (head < 0) return slot;
      const other = head * stride;
      let i = RETURN;
      while (i < keyEnd && this.#words[other + i] === from[at + i]) i++;
      if (i === keyEnd) return slot;
      slot = (slot + 1) & wrap;
    }
  }

  #growHeads(): void {
    const old = this.#heads;
    this.#meter.reserve(8 * old.length);
    const heads = new Int32Array(2 * old.length).fill(-1);
    for (const head of old) {
      if (head >= 0) heads[this.#probe(heads, this.#words, head * this.layout.stride)] = head;
    }
    this.#heads = heads;
    this.#meter.release(4 * old.length);
  }
}
