import { describe, expect, it } from "vitest";
import { describeElements, Multiset } from "../../src/checker/elements.ts";

describe("describeElements", () => {
  it("writes whole numbers as ranges and the rest as JSON", () => {
    expect(describeElements([5, 0, "b", 2, 1, null, 1.5, -1])).toBe('-1..2 5 "b" null 1.5');
    expect(describeElements([])).toBe("");
    expect(describeElements([3, 3, 4, 4])).toBe("3..4");
  });

  it("is bounded and counts what it leaves out", () => {
    const text = describeElements(Array.from({ length: 1000 }, (_, i) => i * 2));
    expect(text).toMatch(/ 198 and 900 more$/);
    expect(describeElements(Array.from({ length: 300 }, (_, i) => `${i}`))).toMatch(/ and 200 more$/);
  });
});

describe("Multiset", () => {
  it("counts equal values together and never below zero", () => {
    const set = new Multiset();
    set.add([1]);
    set.add([1]);
    expect(set.count([1])).toBe(2);
    expect([set.remove([1]), set.remove([1]), set.remove([1])]).toEqual([true, true, false]);
    expect([set.size, [...set].length, set.has([1])]).toEqual([0, 0, false]);
  });
});
