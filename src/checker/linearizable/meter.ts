/** How much of its budget a check has used. The engine counts the memory that it allocates itself. */

import { getHeapStatistics } from "node:v8";
import { monotonicMs } from "../../clock.ts";

/** Which limit was reached. */
export type Limit = "time" | "memory" | "steps";

/** Thrown where a limit is reached, and caught where the check decides what to do next; never leaves the checker. */
export class LimitReached extends Error {
  readonly limit: Limit;

  constructor(limit: Limit) {
    super(`The check reached its ${limit} limit.`);
    this.name = "LimitReached";
    this.limit = limit;
  }
}

/** Steps between two looks at the clock; a power of two. */
const STEPS_PER_LOOK = 256;

/** How much of the memory the engine reserves: the rest is for garbage that is yet to be collected. */
const MEMORY_SHARE = 0.7;
/** How much of what is left of the JavaScript heap: a process that has used it up is ended at once. */
const HEAP_SHARE = 0.6;

/** Bounds in time and memory, and a count of what was explored. */
export class Meter {
  readonly #beganMs = monotonicMs();
  #deadlineMs: number;
  readonly #bytesMax: number;
  readonly #heapBytesMax: number;
  #bytes = 0;
  /** Those of them that are on the JavaScript heap. */
  #heapBytes = 0;
  #peakBytes = 0;
  #explored = 0;
  #stepsMax = Number.POSITIVE_INFINITY;

  constructor(timeMs: number, memoryBytes: number) {
    this.#deadlineMs = this.#beganMs + timeMs;
    this.#bytesMax = MEMORY_SHARE * memoryBytes;
    const { heap_size_limit: heapLimit, used_heap_size: heapUsed } = getHeapStatistics();
    this.#heapBytesMax = HEAP_SHARE * (heapLimit - heapUsed);
  }

  /** Configurations explored so far. */
  get explored(): number {
    return this.#explored;
  }

  /** The bytes that it was made with. */
  get memoryBytes(): number {
    return this.#bytesMax / MEMORY_SHARE;
  }

  /** The most bytes that were reserved at one time. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** Milliseconds left; below 0 when the time is up. */
  get leftMs(): number {
    return this.#deadlineMs - monotonicMs();
  }

  /** Milliseconds since the beginning. */
  get usedMs(): number {
    return monotonicMs() - this.#beganMs;
  }

  /** Leaves at most this many milliseconds from now. */
  shorten(ms: number): void {
    this.#deadlineMs = Math.min(this.#deadlineMs, monotonicMs() + ms);
  }

  /** Runs something that may take this share of the time left. */
  withinShare<T>(share: number, run: () => T): T {
    const before = this.#deadlineMs;
    this.shorten(share * this.leftMs);
    try {
      return run();
    } finally {
      this.#deadlineMs = before;
    }
  }

  /** Throws LimitReached "steps" once this many more configurations were explored. */
  allow(steps: number): void {
    this.#stepsMax = this.#explored + steps;
  }

  /** Counts one explored configuration. Throws LimitReached. */
  step(): void {
    this.#explored++;
    if (this.#explored >= this.#stepsMax) throw new LimitReached("steps");
    if ((this.#explored & (STEPS_PER_LOOK - 1)) === 0) this.look();
  }

  /** Looks at the clock. Throws LimitReached "time". */
  look(): void {
    if (monotonicMs() >= this.#deadlineMs) throw new LimitReached("time");
  }

  /** Counts configurations that were explored elsewhere. */
  addExplored(count: number): void {
    this.#explored += count;
  }

  /** Counts bytes that are about to be allocated. Throws LimitReached "memory" when that would be too many. */
  reserve(bytes: number): void {
    if (this.#bytes + bytes > this.#bytesMax) throw new LimitReached("memory");
    this.#bytes += bytes;
    if (this.#bytes > this.#peakBytes) this.#peakBytes = this.#bytes;
  }

  /** The same for objects, which are on the JavaScript heap; it has a limit of its own. Given back by `within` only. */
  reserveObjects(bytes: number): void {
    if (this.#heapBytes + bytes > this.#heapBytesMax) throw new LimitReached("memory");
    this.reserve(bytes);
    this.#heapBytes += bytes;
  }

  /** Counts bytes that are no longer used. */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Runs something that leaves nothing behind: what it reserved is given back, however it ends. */
  within<T>(run: () => T): T {
    const before = this.#bytes;
    const heapBefore = this.#heapBytes;
    try {
      return run();
    } finally {
      this.#bytes = before;
      this.#heapBytes = heapBefore;
    }
  }
}
