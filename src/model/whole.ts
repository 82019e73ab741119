/** A whole number of any size: a big integer only where a number would not be exact, so that equal ones are `===`. */
export type Whole = number | bigint;

/** The whole number that a value is; undefined if it is none, or a number so great that it may have been rounded. */
export function wholeOf(value: unknown): Whole | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "bigint") return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The exact sum. */
export function sumOf(a: Whole, b: Whole): Whole {
  const sum = typeof a === "number" && typeof b === "number" ? a + b : Number.NaN;
  // Of safe addends, a safe sum is exact.
  return Number.isSafeInteger(sum) ? sum : (wholeOf(BigInt(a) + BigInt(b)) as Whole);
}
