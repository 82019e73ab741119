/** Places of open operations in a bit mask. */

/** Slots of a bit mask: always the lowest free one, so that the mask stays as narrow as the concurrency. */
export class Slots {
  readonly #free: number[] = [];
  #count = 0;

  /** How many were in use at one time. */
  get count(): number {
    return this.#count;
  }

  take(): number {
    return this.#free.pop() ?? this.#count++;
  }

  free(slot: number): void {
    this.#free.push(slot);
  }
}
