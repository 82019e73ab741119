/** The one module that makes random numbers: seeded streams, by pure-rand's xoroshiro128+. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A stream of random numbers; drawing from it advances it. */
export interface Random {
  /** A whole number in [0, below). */
  int(below: number): number;
  /** A number in [0, 1). */
  float(): number;
  /** True with this probability, 1/2 by default. */
  bool(probability?: number): boolean;
  /** Exponentially distributed with this mean. */
  exponential(mean: number): number;
  /** A rank in [0, count), rank k in proportion to 1/(k+1)^skew; skew defaults to 1.0001. */
  zipf(count: number, skew?: number): number;
  /** One of the items, all equally likely. Throws on an empty list. */
  pick<T>(items: readonly T[]): T;
  /** One of the values in proportion to its weight. */
  weighted<T>(entries: readonly (readonly [T, number])[]): T;
  /** The items in random order, as a new array. */
  shuffle<T>(items: readonly T[]): T[];
  /** A random subset with at least one item, sizes equally likely, in random order. */
  nonemptySubset<T>(items: readonly T[]): T[];
}

/** FNV-1a over the labels, so that streams with different labels are unrelated. */
function mixSeed(seed: number, labels: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ (seed | 0) ^ Math.floor(seed / 0x100000000);
  for (const character of labels.join("\u0000")) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash | 0;
}

/** The stream for a seed and labels (`"operations"`, `"faults"`, a node): the same arguments give the same numbers. */
export function randomStream(seed: number, ...labels: readonly (string | number)[]): Random {
  const generator = xoroshiro128plus(mixSeed(seed, labels));
  const float = () => uniformFloat64(generator);
  const int = (below: number) => {
    if (!(below >= 1)) throw new RangeError(`A random number below ${below} does not exist.`);
    return uniformInt(generator, 0, Math.floor(below) - 1);
  };
  const shuffle = <T>(items: readonly T[]): T[] => {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = int(i + 1);
      [out[i], out[j]] = [out[j] as T, out[i] as T];
    }
    return out;
  };
  const weighted = <T>(entries: readonly (readonly [T, number])[]): T => {
    const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
    if (!(total > 0)) throw new RangeError("Weighted choice needs a positive weight.");
    let left = float() * total;
    for (const [value, weight] of entries) {
      left -= weight;
      if (left < 0) return value;
    }
    return (entries.findLast(([, weight]) => weight > 0) as readonly [T, number])[0];
  };
  return {
    int,
    float,
    bool: (probability = 0.5) => float() < probability,
    exponential: (mean) => -Math.log(1 - float()) * mean,
    zipf: (count, skew = 1.0001) =>
      weighted(Array.from({ length: count }, (_, rank) => [rank, 1 / (rank + 1) ** skew])),
    pick: (items) => {
      if (items.length === 0) throw new RangeError("Cannot pick from an empty list.");
      return items[int(items.length)] as (typeof items)[number];
    },
    weighted,
    shuffle,
    nonemptySubset: (items) => shuffle(items).slice(0, 1 + int(items.length)),
  };
}
