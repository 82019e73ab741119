import { derivedStream, type Random, scramble } from "../random.ts";
import type { GeneratorContext, Process, Salted, Thread } from "../test.ts";
import { bitCount, FAULTS, laneStream, MIXED, OPERATIONS, type ThreadPredicate, ThreadSet } from "./thread-set.ts";

/**
 * Which threads there are, which of them are free, which process each one is, and how many operations each random
 * stream has given. The interpreter and the simulation keep one for a whole run; generators see views of it.
 *
 * The random numbers of an ask are a function of the seed, the stream and the number of operations emitted in that
 * stream, and of nothing else: polling consumes none, and inside `clients` a fault more or less changes no operation.
 * Lanes have a stream each, told apart by their names.
 */
export class ThreadTable {
  readonly concurrency: number;
  readonly all: ThreadSet;
  /** Bit set of free threads by slot. */
  readonly free: Int32Array;
  freeCount: number;
  /** How many of them are clients. */
  freeClients: number;
  /** Of the present moment, in nanoseconds since the start. */
  time = 0;
  private readonly seed: number;
  private readonly processes: Process[];
  private readonly laneSlots: ReadonlyMap<Thread, number>;
  /** By stream: its name as a word, and operations emitted. */
  private readonly streamWords: number[];
  private readonly emitted: number[];
  /** Random numbers of the present moment, by stream. */
  private readonly drawn: (Random | undefined)[];
  private isDrawn = false;

  constructor(concurrency: number, lanes: readonly Thread[], seed: number) {
    const threads: Thread[] = [...Array.from({ length: concurrency }, (_, i) => i), ...lanes];
    this.concurrency = concurrency;
    this.seed = seed;
    this.all = new ThreadSet(
      threads,
      threads.map((_, slot) => slot),
    );
    this.free = this.all.words.slice();
    this.freeCount = threads.length;
    this.freeClients = concurrency;
    this.processes = [...threads];
    this.laneSlots = new Map(lanes.map((lane, i) => [lane, concurrency + i]));
    this.streamWords = [1, 2, 3, ...lanes.map((lane) => wordOf(String(lane)))];
    this.emitted = this.streamWords.map(() => 0);
    this.drawn = this.streamWords.map(() => undefined);
  }

  slotOf(thread: Thread): number | undefined {
    if (typeof thread !== "number") return this.laneSlots.get(thread);
    return thread >= 0 && thread < this.concurrency ? thread : undefined;
  }

  processOf(thread: Thread): Process {
    return this.processes[this.slotOf(thread) ?? -1] ?? thread;
  }

  threadOf(process: Process): Thread | undefined {
    const thread = typeof process === "number" ? process % this.concurrency : process;
    const slot = this.slotOf(thread);
    return slot !== undefined && this.processes[slot] === process ? thread : undefined;
  }

  isFree(thread: Thread): boolean {
    const slot = this.slotOf(thread);
    return slot !== undefined && ((this.free[slot >>> 5] as number) & (1 << (slot & 31))) !== 0;
  }

  occupy(thread: Thread): void {
    const slot = this.slotOf(thread) as number;
    if (!this.isFree(thread)) return;
    this.free[slot >>> 5] = (this.free[slot >>> 5] as number) & ~(1 << (slot & 31));
    this.freeCount--;
    if (slot < this.concurrency) this.freeClients--;
  }

  release(thread: Thread): void {
    const slot = this.slotOf(thread) as number;
    if (this.isFree(thread)) return;
    this.free[slot >>> 5] = (this.free[slot >>> 5] as number) | (1 << (slot & 31));
    this.freeCount++;
    if (slot < this.concurrency) this.freeClients++;
  }

  /** After an unknown outcome a client thread goes on as a new process; a lane stays what it is. */
  renumber(thread: Thread): void {
    if (typeof thread !== "number") return;
    this.processes[thread] = (this.processes[thread] as number) + this.concurrency;
  }

  /** Counts an operation given to this thread, of whatever type. */
  countEmitted(thread: Thread): void {
    this.emitted[MIXED] = (this.emitted[MIXED] as number) + 1;
    if (typeof thread === "number") {
      this.emitted[OPERATIONS] = (this.emitted[OPERATIONS] as number) + 1;
      return;
    }
    const own = laneStream((this.slotOf(thread) as number) - this.concurrency);
    this.emitted[FAULTS] = (this.emitted[FAULTS] as number) + 1;
    this.emitted[own] = (this.emitted[own] as number) + 1;
  }

  /**
   * What a generator sees at this time, in nanoseconds since the start, with all threads. The views of one moment share
   * what they draw; those of the moment before are not valid any more.
   */
  context(time: number): GeneratorContext {
    if (this.isDrawn) {
      this.drawn.fill(undefined);
      this.isDrawn = false;
    }
    this.time = time;
    return this.view(this.all);
  }

  /** The view of these threads that draws from the table: one for each set, whatever the moment, as they are asked for by the million. */
  view(set: ThreadSet): GeneratorContext {
    set.view ??= new View(this, set, undefined, undefined, 0);
    return set.view;
  }

  /** The random numbers of this moment, made when first drawn from. */
  random(stream: number): Random {
    this.isDrawn = true;
    this.drawn[stream] ??= derivedStream(this.seed, this.streamWords[stream] as number, this.emitted[stream] as number);
    return this.drawn[stream];
  }
}

function wordOf(name: string): number {
  let word = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) word = scramble(word ^ name.charCodeAt(i));
  return word;
}

class View implements GeneratorContext {
  private readonly table: ThreadTable;
  private readonly set: ThreadSet;
  /** The view that holds the random numbers of this one's branch; undefined: the table does. */
  private readonly branchView: View | undefined;
  private readonly salted: Salted | undefined;
  private readonly branch: number;
  private made: Random | undefined;

  constructor(
    table: ThreadTable,
    set: ThreadSet,
    branchView: View | undefined,
    salted: Salted | undefined,
    branch: number,
  ) {
    this.table = table;
    this.set = set;
    this.branchView = branchView;
    this.salted = salted;
    this.branch = branch;
    this.made = undefined;
  }

  get time(): number {
    return this.table.time;
  }

  get random(): Random {
    const holder = this.branch === 0 ? this.branchView : this;
    if (holder === undefined) return this.table.random(this.set.stream);
    holder.made ??= derivedStream(holder.salted?.salt ?? 0, holder.branch - 1, 0);
    return holder.made;
  }

  get threadCount(): number {
    return this.set.threads.length;
  }

  get freeCount(): number {
    const { table, set } = this;
    if (set === table.all) return table.freeCount;
    if (set.stream === OPERATIONS && set.threads.length === table.concurrency) return table.freeClients;
    let count = 0;
    for (let i = 0; i < set.words.length; i++) count += bitCount((set.words[i] as number) & (table.free[i] as number));
    return count;
  }

  isFree(thread: Thread): boolean {
    const slot = this.table.slotOf(thread);
    return slot !== undefined && this.set.has(slot) && this.table.isFree(thread);
  }

  threads(): readonly Thread[] {
    return this.set.threads;
  }

  freeThreads(): Thread[] {
    return this.set.threads.filter((thread) => this.table.isFree(thread));
  }

  someFreeProcess(): Process | undefined {
    const count = this.freeCount;
    if (count === 0) return undefined;
    const [only] = this.set.threads;
    if (this.set.threads.length === 1) return this.table.processOf(only as Thread);
    // one number whatever the count, so that the numbers that follow do not depend on who happens to be free
    let skip = Math.floor(this.random.float() * count);
    for (let i = 0; ; i++) {
      let word = (this.set.words[i] as number) & (this.table.free[i] as number);
      const here = bitCount(word);
      if (skip >= here) {
        skip -= here;
        continue;
      }
      for (; skip > 0; skip--) word &= word - 1; // drops the lowest bit
      const slot = (i << 5) + 31 - Math.clz32(word & -word);
      return this.table.processOf(this.table.all.threads[slot] as Thread);
    }
  }

  processOf(thread: Thread): Process {
    return this.table.processOf(thread);
  }

  threadOf(process: Process): Thread | undefined {
    const thread = this.table.threadOf(process);
    return thread !== undefined && this.set.has(this.table.slotOf(thread) as number) ? thread : undefined;
  }

  restrict(predicate: ThreadPredicate): GeneratorContext {
    const set = this.set.filter(predicate);
    if (set === this.set) return this;
    // clients and lanes draw from different streams: a fork of the one says nothing about the other
    const holder = set.stream !== this.set.stream ? undefined : this.branch === 0 ? this.branchView : this;
    return holder === undefined ? this.table.view(set) : new View(this.table, set, holder, undefined, 0);
  }

  /** A branch's number is kept one higher: 0 stands for none. */
  fork(salted: Salted, branch: number): GeneratorContext {
    return new View(this.table, this.set, undefined, salted, branch + 1);
  }
}
