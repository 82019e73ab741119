import type { Meter } from "./meter.ts";

/** A larger copy of an array. Both are there for a moment, and both are counted. Throws LimitReached. */
export function grown(array: Int32Array, length: number, meter: Meter): Int32Array {
  meter.reserve(4 * length);
  const larger = new Int32Array(length);
  larger.set(array);
  meter.release(4 * array.length);
  return larger;
}

/** A growing list of 32-bit integers whose memory is counted. */
export class IntList {
  readonly #meter: Meter;
  #items: Int32Array;
  #length = 0;

  constructor(meter: Meter, capacity = 64) {
    this.#meter = meter;
    meter.reserve(4 * capacity);
    this.#items = new Int32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(item: number): void {
    if (this.#length === this.#items.length) {
      this.#items = grown(this.#items, 2 * this.#items.length, this.#meter);
    }
    this.#items[this.#length++] = item;
  }

  /** The items, without copying; valid until the next push. */
  view(): Int32Array {
    return this.#items.subarray(0, this.#length);
  }
}
