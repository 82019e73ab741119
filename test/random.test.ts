import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { derivedStream, type Random, randomStream } from "../src/random.ts";

const draw = (random: Random, count: number, one: (random: Random) => number) =>
  Array.from({ length: count }, () => one(random));

const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

describe("streams", () => {
  test("are the same for the same seed and labels, and others for others", () => {
    const first = (random: Random) => draw(random, 5, (each) => each.int(1e9));
    expect(first(randomStream(3, "operations"))).toEqual(first(randomStream(3, "operations")));
    expect(first(randomStream(3, "operations"))).not.toEqual(first(randomStream(3, "faults")));
    expect(first(randomStream(3, "operations"))).not.toEqual(first(randomStream(4, "operations")));
    expect(first(derivedStream(3, 1, 9))).toEqual(first(derivedStream(3, 1, 9)));
  });

  test("derived ones depend on every argument, also beyond 32 bits", () => {
    const first = (seed: number, stream: number, count: number) => derivedStream(seed, stream, count).int(2 ** 32);
    const seeds = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 50];
    const firsts = seeds.flatMap((seed) =>
      seeds.flatMap((count) => [1, 2].map((stream) => first(seed, stream, count))),
    );
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  test("the first numbers of successive derived streams are uniform and unrelated", () => {
    const firsts = Array.from({ length: 20_000 }, (_, count) => derivedStream(42, 1, count).int(8));
    for (let value = 0; value < 8; value++)
      expect(firsts.filter((each) => each === value).length / 20_000).toBeCloseTo(1 / 8, 1);
    const repeats = firsts.filter((each, i) => each === firsts[i - 1]).length / 20_000;
    expect(Math.abs(repeats - 1 / 8)).toBeLessThan(0.01);
  });
});

describe("distributions", () => {
  const random = randomStream(11, "test");

  test("int, float and bool are uniform within their bounds", () => {
    const ints = draw(random, 10_000, (each) => each.int(10));
    expect(Math.min(...ints)).toBe(0);
    expect(Math.max(...ints)).toBe(9);
    expect(mean(ints)).toBeCloseTo(4.5, 0);
    const floats = draw(random, 10_000, (each) => each.float());
    expect(floats.every((each) => each >= 0 && each < 1)).toBe(true);
    expect(mean(floats)).toBeCloseTo(0.5, 1);
    expect(mean(draw(random, 10_000, (each) => (each.bool(0.2) ? 1 : 0)))).toBeCloseTo(0.2, 1);
    expect(() => random.int(0)).toThrow(/below 0/);
  });

  test("exponential has its mean, and e^-1 above it", () => {
    const values = draw(random, 20_000, (each) => each.exponential(5));
    expect(mean(values) / 5).toBeCloseTo(1, 1);
    expect(values.filter((each) => each > 5).length / 20_000).toBeCloseTo(Math.exp(-1), 1);
  });

  test.each([
    [5, 1.0001],
    [100, 1.0001],
    [10, 2],
    [10, 0],
    [7, 1],
    [1, 3],
  ])("zipf over %i ranks with skew %f", (count, skew) => {
    const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** skew);
    const total = weights.reduce((sum, each) => sum + each, 0);
    const ranks = draw(random, 20_000, (each) => each.zipf(count, skew));
    expect(ranks.every((rank) => Number.isInteger(rank) && rank >= 0 && rank < count)).toBe(true);
    weights.slice(0, 5).forEach((weight, rank) => {
      expect(Math.abs(ranks.filter((each) => each === rank).length / 20_000 - weight / total)).toBeLessThan(0.02);
    });
  });

  test("zipf over a billion ranks takes no time", () => {
    const ranks = draw(random, 2_000, (each) => each.zipf(1e9, 1.5));
    expect(ranks.every((rank) => rank >= 0 && rank < 1e9)).toBe(true);
    expect(ranks.filter((rank) => rank === 0).length / 2_000).toBeCloseTo(0.38, 1); // 1 / zeta(1.5)
    expect(() => random.zipf(0)).toThrow(/below 0/);
    expect(() => random.zipf(5, -1)).toThrow(/skew of -1/);
  });

  test("weighted goes by weight", () => {
    const picks = Array.from({ length: 8_000 }, () =>
      random.weighted([
        ["a", 3],
        ["b", 1],
        ["never", 0],
      ] as const),
    );
    expect(picks.filter((each) => each === "a").length / 8_000).toBeCloseTo(0.75, 1);
    expect(picks).not.toContain("never");
    expect(() => random.weighted([["a", 0]])).toThrow(/positive weight/);
  });

  test("pick, shuffle and nonemptySubset give what was there", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 20 }), fc.integer(), (items, seed) => {
        const stream = randomStream(seed, "items");
        expect(items).toContain(stream.pick(items));
        expect(stream.shuffle(items).toSorted()).toEqual(items.toSorted());
        const subset = stream.nonemptySubset(items);
        expect(subset.length).toBeGreaterThan(0);
        expect(new Set(subset).size).toBe(subset.length);
        expect(subset.every((each) => items.includes(each))).toBe(true);
      }),
    );
    expect(() => random.pick([])).toThrow(/empty list/);
    const sizes = draw(random, 6_000, (each) => each.nonemptySubset([1, 2, 3]).length);
    for (const size of [1, 2, 3]) expect(sizes.filter((each) => each === size).length / 6_000).toBeCloseTo(1 / 3, 1);
  });
});
