/** The open operations at each return, and which of one class is to be taken first. */

import type { IntList } from "./int-list.ts";
import type { Tuning } from "./tuning.ts";

/** Which of the open operations of one class comes first: the one that returns first. */
export class ClassOrder {
  readonly #tuning: Tuning;
  /** By class: the slot met last, and the return at which that was. */
  readonly #slot: Int32Array;
  readonly #seenAt: Int32Array;

  constructor(classes: number, tuning: Tuning) {
    this.#tuning = tuning;
    this.#slot = new Int32Array(classes);
    this.#seenAt = new Int32Array(classes).fill(-1);
  }

  /** Appends what is open at a return, in the order given: by their returns. */
  emit(out: IntList, open: readonly number[], slotOf: Int32Array, classOf: Int32Array, rank: number): void {
    const reversed = this.#tuning.planted === "late-first";
    const first = out.length;
    for (let i = 0; i < open.length; i++) {
      const number = open[reversed ? open.length - 1 - i : i] as number;
      const id = classOf[number] as number;
      const slot = slotOf[number] as number;
      const ordered = this.#tuning.classOrder && this.#seenAt[id] === rank && out.length > first;
      out.push(slot);
      out.push(id);
      out.push(ordered ? (this.#slot[id] as number) : -1);
      this.#slot[id] = slot;
      this.#seenAt[id] = rank;
    }
  }
}
