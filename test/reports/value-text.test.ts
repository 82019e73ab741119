import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { askedAndGot, clippedText, faultText, valueText } from "../../reports/value-text.ts";
import type { Op, OpType } from "../../src/history/op.ts";

describe("valueText", () => {
  test("writes scalars as JSON, lists and records short", () => {
    expect(valueText(3, 80)).toBe("3");
    expect(valueText("3", 80)).toBe('"3"');
    expect(valueText(null, 80)).toBe("null");
    expect(valueText(undefined, 80)).toBe("undefined");
    expect(valueText(12345678901234567890n, 80)).toBe("12345678901234567890");
    expect(valueText([1, [2, "x"], {}], 80)).toBe('[1 [2 "x"] {}]');
    expect(valueText({ cas: [1, 2], "odd name": true }, 80)).toBe('{cas: [1 2], "odd name": true}');
  });

  test("never gives more characters than asked for", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 60 }), (value, max) => valueText(value, max).length <= max),
    );
  });

  test("cuts only what is too long", () => {
    expect(valueText([1, 2, 3], 7)).toBe("[1 2 3]");
    expect(valueText([1, 2, 3], 6)).toBe("[1 2 …");
    expect(clippedText("abcdef", 4)).toBe("abc…");
  });

  test("takes values of any depth and size", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 200_000; level++) deep = [deep];
    expect(valueText(deep, 10)).toBe("[[[[[[[[[…");
    expect(
      valueText(
        Array.from({ length: 1_000_000 }, (_, n) => n),
        10,
      ),
    ).toBe("[0 1 2 3 …");
    expect(valueText("x".repeat(10_000_000), 5)).toBe('"xxx…');
  });
});

describe("faultText", () => {
  test("prefers a fault's own description", () => {
    expect(faultText({ kind: "one", grudge: { n1: ["n2"] }, description: "n1 | n2" }, 80)).toBe("n1 | n2");
    expect(faultText(["n1", "n2"], 80)).toBe("n1 n2");
    expect(faultText({ seconds: 3 }, 80)).toBe("{seconds: 3}");
    expect(faultText({ targets: "minority", nodes: ["n1", "n2"] }, 80)).toBe("minority: n1 n2");
    expect(faultText({ targets: "all", role: "brick" }, 80)).toBe('all, role: "brick"');
    expect(faultText({ targets: "all", nodes: [{}] }, 80)).toBe('{targets: "all", nodes: [{}]}');
    expect(faultText(null, 80)).toBe("");
  });
});

describe("askedAndGot", () => {
  const op = (type: OpType, value: unknown, process: Op["process"] = 0): Op => ({
    index: 0,
    time: 0,
    type,
    process,
    f: "f",
    value,
  });

  test("tells the answer only where it says more than the question", () => {
    expect(askedAndGot({ invoke: op("invoke", 3), completion: op("ok", 3) }, 80)).toEqual({ asked: "3", got: "" });
    expect(askedAndGot({ invoke: op("invoke", null), completion: op("ok", 3) }, 80)).toEqual({ asked: "", got: "3" });
    expect(askedAndGot({ invoke: op("invoke", null), completion: op("ok", null) }, 80)).toEqual({
      asked: "",
      got: "null",
    });
    expect(askedAndGot({ invoke: op("invoke", null) }, 80)).toEqual({ asked: "", got: "" });
    expect(askedAndGot({ invoke: op("invoke", 3), completion: op("info", 3) }, 80)).toEqual({ asked: "3", got: "" });
  });

  test("says of a false comparison that nothing was swapped", () => {
    const completion = op("ok", { cas: [1, 2], swapped: false });
    expect(askedAndGot({ invoke: op("invoke", [1, 2]), completion }, 80)).toEqual({
      asked: "[1 2]",
      got: "not swapped",
    });
  });

  test("tells of a fault what it came to", () => {
    const invoke = op("invoke", { kind: "one" }, "nemesis:partition");
    const completion = op("ok", { kind: "one", description: "n1 | n2" }, "nemesis:partition");
    expect(askedAndGot({ invoke, completion }, 80)).toEqual({ asked: "n1 | n2", got: "" });
  });
});
