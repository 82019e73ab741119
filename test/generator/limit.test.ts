import * as fc from "fast-check";
import { expect, test } from "vitest";
import { delay, imperfect, limit, log, once, repeat, simulate, stagger, timeLimit } from "../../src/generator/index.ts";
import { fsOf } from "./rows.ts";

test("limit gives at most so many operations, and fewer when there are no more", () => {
  fc.assert(
    fc.property(fc.nat(30), fc.nat(30), fc.integer(), (count, available, seed) => {
      const ops = Array.from({ length: available }, () => ({ f: "a" }));
      expect(simulate(limit(count, ops), { seed, client: imperfect }).operations).toBe(Math.min(count, available));
    }),
  );
});

test("limit counts every kind of operation", () => {
  expect(simulate(limit(2, [log("one"), { f: "a" }, { f: "b" }])).planned.map(({ type }) => type)).toEqual([
    "log",
    "invoke",
  ]);
});

test("once gives the first", () => {
  expect(fsOf(once([{ f: "a" }, { f: "b" }]))).toEqual(["a"]);
  expect(fsOf([once(repeat({ f: "a" })), once(repeat({ f: "b" }))])).toEqual(["a", "b"]);
});

test("what is no count and no time is refused, and does not go on for ever", () => {
  for (const wrong of [Number.NaN, -1]) {
    expect(() => limit(wrong, { f: "a" })).toThrow(`A limit of ${wrong} operations is none`);
    expect(() => timeLimit(wrong, { f: "a" })).toThrow(`${wrong} seconds are no time`);
    expect(() => stagger(wrong, { f: "a" })).toThrow("no time");
    expect(() => delay(wrong, { f: "a" })).toThrow("no time");
  }
});
