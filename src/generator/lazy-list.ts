/**
 * An iterable as a list that is read only as far as somebody looks, and each element once: whoever holds an earlier
 * cell sees the same elements again. Cells that nobody holds any longer are garbage.
 */
export class LazyList<T> {
  private source: Iterator<T> | undefined;
  private cell: { readonly value: T; readonly rest: LazyList<T> } | undefined;

  constructor(source: Iterator<T>) {
    this.source = source;
  }

  static from<T>(items: Iterable<T>): LazyList<T> {
    return new LazyList(items[Symbol.iterator]());
  }

  /** The first element and the list after it; undefined at the end. */
  head(): { readonly value: T; readonly rest: LazyList<T> } | undefined {
    const source = this.source;
    if (source !== undefined) {
      this.source = undefined;
      const step = source.next();
      if (step.done !== true) this.cell = { value: step.value, rest: new LazyList(source) };
    }
    return this.cell;
  }
}
