import { describe, expect, test } from "vitest";
import { delay, pending, repeat, untilOk, windows } from "../../src/generator/index.ts";
import type { Generator, GeneratorLike } from "../../src/test.ts";
import { timesOf } from "./rows.ts";

const alone = { concurrency: 1, lanes: [], client: () => ({ type: "ok" as const, latencyNs: 0 }) };

describe("windows", () => {
  test("gives each its time, and what is too late for it is not given", () => {
    const every = (f: string) => delay(4e-9, repeat({ f }));
    const generator = windows<GeneratorLike>([
      { from: 10e-9, to: 20e-9, generator: every("a") },
      { from: 20e-9, generator: [{ f: "undo" }] },
      { from: 30e-9, to: 35e-9, generator: every("b") },
    ]);
    expect(timesOf(generator, alone)).toEqual([
      [10, "a"],
      [14, "a"],
      [18, "a"],
      [20, "undo"],
      [30, "b"],
      [34, "b"],
    ]);
  });

  test("cuts off one that is pending", () => {
    const never: Generator = { next: () => pending(never), update: () => never };
    const generator = windows<GeneratorLike>([
      { from: 0, to: 5e-9, generator: never },
      { from: 7e-9, generator: { f: "late" } },
    ]);
    expect(timesOf(generator, alone)).toEqual([[7, "late"]]);
  });

  test("one that is late begins when the one before is exhausted; events reach the current one", () => {
    let tries = 0;
    const client = () => ({ type: ++tries === 3 ? ("ok" as const) : ("fail" as const), latencyNs: 10 });
    const generator = windows<GeneratorLike>([
      { from: 0, generator: untilOk(repeat({ f: "try" })) },
      { from: 5e-9, generator: { f: "late" } },
    ]);
    expect(timesOf(generator, { ...alone, client })).toEqual([
      [0, "try"],
      [10, "try"],
      [20, "try"],
      [30, "late"],
    ]);
  });
});
