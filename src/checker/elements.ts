/** Elements of sets and queues: counted, and listed briefly. */
import { showValue, valueKey } from "../history/value.ts";

/** Elements with how often each occurs; equal values are one element. */
export class Multiset {
  private readonly entries = new Map<unknown, { readonly value: unknown; count: number }>();
  /** All occurrences together. */
  size = 0;

  add(value: unknown): void {
    const key = valueKey(value);
    const entry = this.entries.get(key);
    if (entry === undefined) this.entries.set(key, { value, count: 1 });
    else entry.count++;
    this.size++;
  }

  /** Takes one occurrence away; false if there was none. */
  remove(value: unknown): boolean {
    const entry = this.entries.get(valueKey(value));
    if (entry === undefined || entry.count === 0) return false;
    entry.count--;
    this.size--;
    return true;
  }

  count(value: unknown): number {
    return this.entries.get(valueKey(value))?.count ?? 0;
  }

  has(value: unknown): boolean {
    return this.count(value) > 0;
  }

  /** The different elements with their counts, in the order in which they came. */
  *[Symbol.iterator](): Generator<readonly [value: unknown, count: number]> {
    for (const { value, count } of this.entries.values()) if (count > 0) yield [value, count];
  }
}

/** One element that contradicts the set, with the events of what made it known and of the read that lacks it. */
export interface SetFailure {
  readonly contradiction: { readonly indexes: readonly number[]; readonly sentence: string };
}

/** Pieces (ranges or single elements) that are written before the rest is only counted: in results, and in sentences. */
const PIECES_MAX = 100;
const SENTENCE_PIECES_MAX = 10;

/** `describeElements` for a sentence: the first ten pieces. */
export function nameElements(values: readonly unknown[]): string {
  return describeElements(values, SENTENCE_PIECES_MAX);
}

/** Whole numbers as ranges, everything else as JSON: `0..2 5 "a"`. Bounded: what is left out is counted at the end. */
export function describeElements(values: readonly unknown[], piecesMax = PIECES_MAX): string {
  const numbers = values.filter((value): value is number => Number.isSafeInteger(value)).sort((a, b) => a - b);
  const pieces: string[] = [];
  let described = 0;
  for (let i = 0; i < numbers.length && pieces.length < piecesMax; ) {
    let last = i;
    while (last + 1 < numbers.length && (numbers[last + 1] as number) <= (numbers[last] as number) + 1) last++;
    pieces.push(numbers[i] === numbers[last] ? `${numbers[i]}` : `${numbers[i]}..${numbers[last]}`);
    described += last - i + 1;
    i = last + 1;
  }
  for (const value of values) {
    if (pieces.length >= piecesMax) break;
    if (Number.isSafeInteger(value)) continue;
    pieces.push(showValue(value));
    described++;
  }
  const rest = values.length - described;
  return pieces.join(" ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** `1 element`, `2 elements`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}
