/** Configurations as records of 32-bit words: where their parts are. See `Configurations` for what they mean. */

import type { Problem } from "./problem.ts";

/** Place of the number of the next record of the same key. */
export const LINK = 0;
/** Place of the return. */
export const RETURN = 1;
/** Place of the state; -1 in a record that was dropped. */
export const STATE = 2;
/** Where the mask of linearized open mutators begins. */
export const MASK = 3;

/** Bit of the flags: the record was made by merging others. */
export const MERGED = 1;

/** The lengths and places of one problem's records: key, vector of bits, vector of counts, flags. */
export interface RecordLayout {
  /** Whether masks belong to the vector. */
  readonly coarse: boolean;
  /** Where the vector begins. */
  readonly vector: number;
  /** Where the mutators are that are yet to be linearized; in a fine layout they are those not in the mask. */
  readonly owed: number;
  readonly pending: number;
  readonly uses: number;
  readonly flags: number;
  readonly stride: number;
  /** Bits of a count of used crashed operations, and how many counts there are in a word. */
  readonly useBits: number;
  readonly usesPerWord: number;
  /** The highest bit of every count of a word. */
  readonly guards: number;
}

/** The layout of a problem's records. */
export function layoutOf(problem: Problem, coarse: boolean): RecordLayout {
  const owed = MASK + problem.maskWords;
  const pending = owed + (coarse ? problem.maskWords : 0);
  const uses = pending + problem.pendingWords;
  const flags = uses + problem.useWords;
  const usesPerWord = Math.floor(32 / problem.useBits);
  let guards = 0;
  for (let i = 0; i < usesPerWord; i++) guards |= 1 << (problem.useBits * (i + 1) - 1);
  return {
    coarse,
    vector: coarse ? MASK : pending,
    owed,
    pending,
    uses,
    flags,
    stride: flags + 1,
    useBits: problem.useBits,
    usesPerWord,
    guards,
  };
}
