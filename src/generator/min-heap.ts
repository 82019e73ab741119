/** A binary heap: the entry with the least key comes first, and of entries with equal keys the one added first. */
export class MinHeap<T> {
  private readonly keys: number[] = [];
  private readonly serials: number[] = [];
  private readonly values: T[] = [];
  private serial = 0;

  get size(): number {
    return this.keys.length;
  }

  /** The least key; undefined when it is empty. */
  get leastKey(): number | undefined {
    return this.keys[0];
  }

  add(key: number, value: T): void {
    let hole = this.keys.length;
    const serial = this.serial++;
    while (hole > 0) {
      const parent = (hole - 1) >>> 1;
      if ((this.keys[parent] as number) <= key) break; // the newest entry is the last among equals
      this.move(parent, hole);
      hole = parent;
    }
    this.put(hole, key, serial, value);
  }

  /** Takes the first entry out; undefined when it is empty. */
  take(): T | undefined {
    if (this.keys.length === 0) return undefined;
    const first = this.values[0] as T;
    const key = this.keys.pop() as number;
    const serial = this.serials.pop() as number;
    const value = this.values.pop() as T;
    const size = this.keys.length;
    if (size === 0) return first;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isBefore(child + 1, this.keys[child] as number, this.serials[child] as number))
        child++;
      if (!this.isBefore(child, key, serial)) break;
      this.move(child, hole);
      hole = child;
    }
    this.put(hole, key, serial, value);
    return first;
  }

  private isBefore(i: number, key: number, serial: number): boolean {
    const own = this.keys[i] as number;
    return own < key || (own === key && (this.serials[i] as number) < serial);
  }

  private move(from: number, to: number): void {
    this.put(to, this.keys[from] as number, this.serials[from] as number, this.values[from] as T);
  }

  private put(at: number, key: number, serial: number, value: T): void {
    this.keys[at] = key;
    this.serials[at] = serial;
    this.values[at] = value;
  }
}
