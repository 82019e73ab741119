/** The quantiles that results show. */
export const QUANTILES = [0, 0.5, 0.95, 0.99, 1] as const;

/** Values at the quantiles, by the quantile's name: `{ "0": …, "0.5": …, "0.95": …, "0.99": …, "1": … }`. */
export type Quantiles = Readonly<Record<`${(typeof QUANTILES)[number]}`, number>>;

/** The quantiles of these numbers: at rank ⌊q·n⌋ of the sorted list, the last at most. Undefined when there are none. */
export function quantiles(numbers: readonly number[] | Float64Array): Quantiles | undefined {
  if (numbers.length === 0) return undefined;
  const sorted = Float64Array.from(numbers).sort();
  return Object.fromEntries(QUANTILES.map((q) => [String(q), quantileOfSorted(sorted, q)])) as Quantiles;
}

/** One quantile of numbers that are sorted already; there must be one at least. */
export function quantileOfSorted(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] as number;
}
