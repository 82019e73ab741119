/** Operations by the keys of their values. Distinct values are mostly small whole numbers: those are places in an array. */

/** Places in the array, for each key that is expected. */
const PLACES_PER_KEY = 8;
const PLACES_MIN = 16;

/** Numbers from -1 on, by keys that `valueKey` made; a key is added once. */
export class NumberByKey {
  /** By key: the number + 2; 0 for none. */
  #places: Int32Array = new Int32Array(PLACES_MIN);
  readonly #placesMax: number;
  readonly #others = new Map<unknown, number>();

  constructor(expected: number) {
    this.#placesMax = Math.max(PLACES_MIN, PLACES_PER_KEY * expected);
  }

  /** The key's number; undefined when it was not added. */
  get(key: unknown): number | undefined {
    if (!this.#hasPlace(key)) return this.#others.get(key);
    const number = key < this.#places.length ? (this.#places[key] as number) : 0;
    return number === 0 ? undefined : number - 2;
  }

  /** Adds a key. Answers false, and changes nothing, when it is there already. */
  add(key: unknown, number: number): boolean {
    if (this.get(key) !== undefined) return false;
    if (!this.#hasPlace(key)) {
      this.#others.set(key, number);
      return true;
    }
    if (key >= this.#places.length) this.#grow(key);
    this.#places[key] = number + 2;
    return true;
  }

  #hasPlace(key: unknown): key is number {
    return typeof key === "number" && key >= 0 && key < this.#placesMax && Number.isInteger(key);
  }

  #grow(key: number): void {
    const length = Math.min(this.#placesMax, 2 ** Math.ceil(Math.log2(key + 1)));
    const places = new Int32Array(length);
    places.set(this.#places);
    this.#places = places;
  }
}
