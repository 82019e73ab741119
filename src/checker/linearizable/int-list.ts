import type { Meter } from "./meter.ts";

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
      this.#meter.reserve(4 * this.#items.length);
      const items = new Int32Array(2 * this.#items.length);
      items.set(this.#items);
      this.#items = items;
    }
    this.#items[this.#length++] = item;
  }

  /** The items, without copying; valid until the next push. */
  view(): Int32Array {
    return this.#items.subarray(0, this.#length);
  }

  /** Bytes that the list holds of the meter's. */
  get bytes(): number {
    return this.#items.byteLength;
  }
}
