import { expect, test } from "vitest";
import { delivery, flipFlop, limit, repeat, simulate } from "../../src/generator/index.ts";
import { fsOf } from "./rows.ts";

test("flipFlop gives one of each in turn, and ends with the one whose turn it is", () => {
  expect(fsOf(flipFlop(repeat({ f: "a" }), limit(2, repeat({ f: "b" }))))).toEqual(["a", "b", "a", "b", "a"]);
  expect(fsOf(flipFlop(limit(2, repeat({ f: "a" })), repeat({ f: "b" })))).toEqual(["a", "b", "a", "b"]);
});

test("flipFlop waits for one that is pending", () => {
  expect(() => simulate(flipFlop({ f: "a" }, delivery().generator))).toThrow(/makes no progress/);
});
