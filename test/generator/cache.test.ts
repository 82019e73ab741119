import { expect, test } from "vitest";
import {
  any,
  ask,
  cache,
  clients,
  lane,
  limit,
  onThreads,
  repeat,
  simulate,
  stagger,
} from "../../src/generator/index.ts";
import type { Generator, GeneratorLike } from "../../src/test.ts";
import { fsOf, timesOf } from "./rows.ts";

/** Is asked for an operation at 1000 ns; counts how often. */
function counted(count: { asks: number }): GeneratorLike {
  const self: Generator = {
    next: (test, context) => {
      count.asks++;
      return ask({ f: "later", time: 1_000 }, test, context);
    },
    update: () => self,
  };
  return self;
}

test("an operation for later is asked for once, however much happens until then", () => {
  const asksWith = (wrap: (generator: GeneratorLike) => GeneratorLike) => {
    const count = { asks: 0 };
    const generator = any(clients(limit(50, repeat({ f: "a" }))), lane("faults", wrap(counted(count))));
    expect(timesOf(generator, { concurrency: 1 }).at(-1)).toEqual([1_000, "later"]);
    return count.asks;
  };
  expect(asksWith((generator) => generator)).toBeGreaterThan(50);
  expect(asksWith((generator) => cache(1, generator))).toBe(1);
  expect(asksWith((generator) => cache(200e-9, generator))).toBe(6); // at 0, 200, 400, 600, 800 and 1000
});

test("it is asked for anew when its process is busy at its time", () => {
  const ops = any(
    onThreads((thread) => thread === 0, cache(1, { f: "later", time: 15, process: 0 })),
    limit(2, repeat({ f: "a" })),
  );
  expect(timesOf(ops, { concurrency: 1, lanes: [] })).toEqual([
    [0, "a"],
    [10, "a"],
    [20, "later"],
  ]);
});

test("it gives the same operations as without", () => {
  const plain = clients(
    stagger(
      1e-3,
      limit(200, (_test, { random }) => ({ f: "w", value: random.int(99) })),
    ),
  );
  const values = (generator: GeneratorLike) =>
    simulate(generator, { seed: 5 }).planned.map(({ f, value, time }) => [f, value, time]);
  expect(values(cache(1, plain))).toEqual(values(plain));
  expect(fsOf(cache(1, [{ f: "a" }, { f: "b" }]))).toEqual(["a", "b"]);
});
