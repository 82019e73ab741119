import { expect, test } from "vitest";
import { cycle, limit, onUpdate, repeat, schedule, spaced } from "../../src/generator/index.ts";
import { fsOf, timesOf, valuesOf } from "./rows.ts";

test("repeat gives the same operation over and over", () => {
  expect(fsOf(repeat(3, [{ f: "a" }, { f: "b" }]))).toEqual(["a", "a", "a"]);
  expect(fsOf(limit(4, repeat([{ f: "a" }, { f: "b" }])))).toEqual(["a", "a", "a", "a"]);
});

test("repeat of nothing, or no times, gives nothing", () => {
  expect(fsOf(repeat([]))).toEqual([]);
  expect(fsOf(repeat(0, { f: "a" }))).toEqual([]);
});

test("events still change what is repeated", () => {
  const untilFirst = onUpdate((_self, _test, _context, event) => (event.type === "ok" ? { f: "b" } : _self), {
    f: "a",
  });
  expect(fsOf(limit(4, repeat(untilFirst)), { concurrency: 1, lanes: [] })).toEqual(["a", "b", "b", "b"]);
});

test("repeat lets what waits first wait, each time anew", () => {
  expect(timesOf(limit(3, repeat(spaced(5e-9, 0, { f: "a" }))), { concurrency: 5 })).toEqual([
    [5, "a"],
    [10, "a"],
    [15, "a"],
  ]);
  expect(timesOf(repeat(2, schedule([[7e-9, { f: "a" }]])))).toEqual([
    [7, "a"],
    [14, "a"],
  ]);
});

test("cycle goes through it again, for ever or so many rounds", () => {
  const ab = [{ f: "a" }, { f: "b" }];
  expect(fsOf(cycle(2, ab))).toEqual(["a", "b", "a", "b"]);
  expect(fsOf(limit(5, cycle(ab)))).toEqual(["a", "b", "a", "b", "a"]);
  expect(fsOf(cycle(0, ab))).toEqual([]);
});

test("cycle ends when a fresh round has nothing to give", () => {
  expect(fsOf(cycle([]))).toEqual([]);
  let rounds = 0;
  const thrice = () => (++rounds > 3 ? undefined : { f: "a", value: rounds });
  expect(valuesOf(cycle(thrice))).toEqual([1, 2, 3]);
});
