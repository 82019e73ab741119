import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clients, limit, onThreads, repeat, reserve, simulate, untilOk } from "../../src/generator/index.ts";
import { countsOf, invocations, threadOf } from "./rows.ts";

const threadsOf = (generator: Parameters<typeof simulate>[0], concurrency: number) => {
  const byF = new Map<string, Set<unknown>>();
  for (const { f, process } of invocations(generator, { concurrency }))
    byF.set(f, (byF.get(f) ?? new Set()).add(threadOf(process, concurrency)));
  return Object.fromEntries([...byF].map(([f, threads]) => [f, [...threads].toSorted()]));
};

describe("reserve", () => {
  test("gives each its threads, and the rest to the last", () => {
    const generator = clients(
      limit(
        400,
        reserve(
          [
            [1, repeat({ f: "a" })],
            [2, repeat({ f: "b" })],
          ],
          repeat({ f: "c" }),
        ),
      ),
    );
    expect(threadsOf(generator, 5)).toEqual({ a: [0], b: [1, 2], c: [3, 4] });
  });

  test("shares operations in proportion to threads, whatever the ranges", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
    const property = fc.property(sizes, fc.integer({ min: 1, max: 6 }), fc.nat(1_000), (ranges, rest, seed) => {
      const concurrency = ranges.reduce((sum, size) => sum + size, rest);
      const perThread = 40;
      const given = ranges.map((size, i) => [size, repeat({ f: `range ${i}` })] as const);
      const generator = clients(limit(concurrency * perThread, reserve(given, repeat({ f: "rest" }))));
      const counts = countsOf(invocations(generator, { concurrency, seed }).map(({ f }) => f));
      // equal latencies: no thread is ever more than one operation ahead of another
      for (const [f, size] of [...ranges.map((size, i) => [`range ${i}`, size] as const), ["rest", rest] as const])
        expect(Math.abs((counts.get(f) ?? 0) - size * perThread)).toBeLessThanOrEqual(size);
    });
    fc.assert(property, { numRuns: 60 });
  });

  test("ties go in proportion to threads", () => {
    const firsts = Array.from(
      { length: 600 },
      (_, seed) =>
        invocations(clients(limit(1, reserve([[1, repeat({ f: "a" })]], repeat({ f: "b" })))), {
          concurrency: 4,
          seed,
        })[0]?.f,
    );
    expect((countsOf(firsts).get("a") ?? 0) / 600).toBeCloseTo(0.25, 1);
  });

  test("can stand inside another, and count only the threads it may use", () => {
    const inner = (f: string) => reserve([[1, repeat({ f: `${f}1` })]], repeat({ f: `${f}2` }));
    expect(threadsOf(clients(limit(400, reserve([[3, inner("x")]], inner("y")))), 6)).toEqual({
      x1: [0],
      x2: [1, 2],
      y1: [3],
      y2: [4, 5],
    });
    const odd = onThreads((thread) => typeof thread === "number" && thread % 2 === 1, limit(200, inner("z")));
    expect(threadsOf(odd, 6)).toEqual({ z1: [1], z2: [3, 5] });
  });

  test("an event reaches the generator whose thread it is, and all must end", () => {
    const generator = clients(reserve([[1, untilOk(repeat({ f: "a" }))]], limit(3, repeat({ f: "b" }))));
    const client = ({ f }: { readonly f: string }) => ({ type: f === "a" ? "ok" : "fail" }) as const;
    expect(countsOf(invocations(generator, { concurrency: 2, client }).map(({ f }) => f))).toEqual(
      new Map([
        ["a", 1],
        ["b", 3],
      ]),
    );
  });

  test("needs no rest when it takes all", () => {
    expect(
      threadsOf(
        clients(
          limit(
            50,
            reserve([
              [1, repeat({ f: "a" })],
              [1, repeat({ f: "b" })],
            ]),
          ),
        ),
        2,
      ),
    ).toEqual({ a: [0], b: [1] });
  });

  test("refuses what can never work", () => {
    expect(() => reserve([[0, { f: "a" }]])).toThrow(/cannot set 0 threads aside/);
    expect(() => simulate(clients(reserve([[3, { f: "a" }]])), { concurrency: 2 })).toThrow(
      /wants 3 threads, but there are 2/,
    );
    expect(() => simulate(clients(reserve([[2, { f: "a" }]], { f: "b" })), { concurrency: 2 })).toThrow(
      /and one more at least for the rest/,
    );
  });
});
