/** The one module that makes random numbers: seeded streams, by pure-rand's xoroshiro128+. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

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

/** The stream for a seed and labels (`"operations"`, `"faults"`, a node): the same arguments give the same numbers. */
export function randomStream(seed: number, ...labels: readonly (string | number)[]): Random {
  return new Stream(xoroshiro128plus(mixSeed(seed, labels)));
}

/**
 * The stream for three whole numbers, made in some tens of nanoseconds: for streams that are derived by the million,
 * one for each ask of a generator. Every bit of every argument counts.
 */
export function derivedStream(seed: number, stream: number, count: number): Random {
  const high = Math.floor(seed / TWO_32) ^ Math.imul(Math.floor(count / TWO_32), 0x27d4eb2f);
  let a = scramble((seed | 0) ^ 0x9e3779b9);
  let b = scramble(high ^ 0x85ebca6b);
  a = scramble(a ^ stream);
  b = scramble((b + a) ^ Math.imul(stream, 0x2545f491));
  a = scramble((a + b) ^ count);
  b = scramble(b ^ Math.imul(count, 0x632be5ab));
  return new Stream(xoroshiro128plusFromState([a, b, scramble(a + 0x3c6ef372), scramble((b ^ 0x1b873593) + a) | 1]));
}

const TWO_31 = 0x80000000;
const TWO_32 = 0x100000000;

/** MurmurHash3's 32-bit finaliser: a bijection in which every input bit reaches every output bit. */
export function scramble(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** FNV-1a over the labels, so that streams with different labels are unrelated. */
function mixSeed(seed: number, labels: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ (seed | 0) ^ Math.floor(seed / TWO_32);
  for (const character of labels.join("\u0000")) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return scramble(hash);
}

class Stream implements Random {
  private readonly generator: RandomGenerator;

  constructor(generator: RandomGenerator) {
    this.generator = generator;
  }

  int(below: number): number {
    if (!(below >= 1)) throw new RangeError(`A random number below ${below} does not exist.`);
    if (below === TWO_32) return this.generator.next() + TWO_31; // what uniformInt gives, without its loop
    return uniformInt(this.generator, 0, Math.floor(below) - 1);
  }

  float(): number {
    return uniformFloat64(this.generator);
  }

  bool(probability = 0.5): boolean {
    return this.float() < probability;
  }

  exponential(mean: number): number {
    return -Math.log(1 - this.float()) * mean;
  }

  /**
   * In constant time by rejection-inversion: W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates
   * from monotone discrete distributions", ACM TOMACS 6(3), 1996.
   */
  zipf(count: number, skew = 1.0001): number {
    if (!(count >= 1)) throw new RangeError(`A rank below ${count} does not exist.`);
    if (!(skew >= 0)) throw new RangeError(`A skew of ${skew} is no skew: it must be at least 0.`);
    const n = Math.floor(count);
    // the integral of x^-skew and its inverse, both continuous at a skew of 1
    const integral = (x: number) => expm1Over((1 - skew) * Math.log(x)) * Math.log(x);
    const inverse = (y: number) => Math.exp(log1pOver(Math.max(-1, y * (1 - skew))) * y);
    const first = integral(1.5) - 1;
    const last = integral(n + 0.5);
    const always = 2 - inverse(integral(2.5) - 2 ** -skew);
    for (;;) {
      const u = last + this.float() * (first - last);
      const x = inverse(u);
      const rank = Math.min(n, Math.max(1, Math.round(x)));
      if (rank - x <= always || u >= integral(rank + 0.5) - rank ** -skew) return rank - 1;
    }
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Cannot pick from an empty list.");
    return items[this.int(items.length)] as T;
  }

  weighted<T>(entries: readonly (readonly [T, number])[]): T {
    let total = 0;
    for (const [, weight] of entries) total += weight;
    if (!(total > 0)) throw new RangeError("Weighted choice needs a positive weight.");
    let left = this.float() * total;
    for (const [value, weight] of entries) {
      left -= weight;
      if (left < 0) return value;
    }
    return (entries.findLast(([, weight]) => weight > 0) as readonly [T, number])[0];
  }

  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [out[i], out[j]] = [out[j] as T, out[i] as T];
    }
    return out;
  }

  nonemptySubset<T>(items: readonly T[]): T[] {
    return this.shuffle(items).slice(0, 1 + this.int(items.length));
  }
}

/** (e^x − 1) / x, 1 at 0. */
function expm1Over(x: number): number {
  return Math.abs(x) < 1e-8 ? 1 + x / 2 : Math.expm1(x) / x;
}

/** ln(1 + x) / x, 1 at 0. */
function log1pOver(x: number): number {
  return Math.abs(x) < 1e-8 ? 1 - x / 2 : Math.log1p(x) / x;
}
