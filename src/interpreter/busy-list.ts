/** What can stand in a `BusyList`; the list owns these two fields. */
export interface Link<T> {
  before: T | undefined;
  after: T | undefined;
}

/**
 * Workers with an operation in flight, longest first: as all of one list have the same timeout, the first is the one
 * whose time is up first. Adding and removing take constant time and no memory.
 */
export class BusyList<T extends Link<T>> {
  first: T | undefined;
  size = 0;
  private last: T | undefined;

  add(item: T): void {
    item.before = this.last;
    item.after = undefined;
    if (this.last === undefined) this.first = item;
    else this.last.after = item;
    this.last = item;
    this.size++;
  }

  remove(item: T): void {
    if (item.before === undefined) this.first = item.after;
    else item.before.after = item.after;
    if (item.after === undefined) this.last = item.before;
    else item.after.before = item.before;
    item.before = undefined;
    item.after = undefined;
    this.size--;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let item = this.first; item !== undefined; ) {
      const { after } = item; // the item may be removed meanwhile
      yield item;
      item = after;
    }
  }
}
