import type { GeneratorContext, Thread } from "../test.ts";

export type ThreadPredicate = (thread: Thread) => boolean;

/** Number of one bits. */
export function bitCount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Some of the threads of a thread table, never changed. A thread's slot is its place in the table: clients by number,
 * then the nemesis lanes. Subsets are remembered by their predicate, so that asking for one again costs a look-up.
 */
export class ThreadSet {
  readonly threads: readonly Thread[];
  /** Bit `slot & 31` of word `slot >>> 5` is set for every thread in the set. */
  readonly words: Int32Array;
  /** Which random stream its operations draw from; see `streamOf`. */
  readonly stream: number;
  /** The table's view of these threads, once it is made. */
  view: GeneratorContext | undefined;
  private readonly all: readonly Thread[];
  private readonly subsets = new WeakMap<ThreadPredicate, ThreadSet>();

  constructor(all: readonly Thread[], slots: readonly number[]) {
    this.all = all;
    this.threads = slots.map((slot) => all[slot] as Thread);
    this.words = new Int32Array((all.length + 31) >>> 5);
    for (const slot of slots) this.words[slot >>> 5] = (this.words[slot >>> 5] ?? 0) | (1 << (slot & 31));
    this.stream = streamOf(all, slots);
  }

  has(slot: number): boolean {
    return ((this.words[slot >>> 5] as number) & (1 << (slot & 31))) !== 0;
  }

  filter(predicate: ThreadPredicate): ThreadSet {
    let subset = this.subsets.get(predicate);
    if (subset === undefined) {
      const slots = this.all.flatMap((thread, slot) => (this.has(slot) && predicate(thread) ? [slot] : []));
      subset = slots.length === this.threads.length ? this : new ThreadSet(this.all, slots);
      this.subsets.set(predicate, subset);
    }
    return subset;
  }
}

/** The stream of contexts that hold clients only. */
export const OPERATIONS = 0;
/** The stream of contexts that hold several lanes and no client. */
export const FAULTS = 1;
/** The stream of contexts that hold both. */
export const MIXED = 2;

/** The stream of one lane alone: the first lane's is 3. */
export function laneStream(lane: number): number {
  return 3 + lane;
}

function streamOf(all: readonly Thread[], slots: readonly number[]): number {
  const clients = slots.filter((slot) => typeof all[slot] === "number").length;
  if (clients === slots.length) return OPERATIONS;
  if (clients > 0) return MIXED;
  if (slots.length > 1) return FAULTS;
  const firstLane = all.findIndex((thread) => typeof thread === "string");
  return laneStream((slots[0] as number) - firstLane);
}
