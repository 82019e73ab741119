import { describe, expect, test } from "vitest";
import { latencyAxis, offsetAxis, rateAxis, timeAxis } from "../../../reports/figures/axes.ts";

describe("timeAxis", () => {
  test("counts seconds, and minutes in long runs", () => {
    expect(timeAxis(30e9, [0, 300], 3).ticks).toEqual([
      { px: 0, label: "0 s" },
      { px: 100, label: "10 s" },
      { px: 200, label: "20 s" },
      { px: 300, label: "30 s" },
    ]);
    expect(timeAxis(600e9, [0, 100], 2).ticks.map(({ label }) => label)).toEqual(["0 min", "5 min", "10 min"]);
    expect(timeAxis(0, [0, 100], 2).px(0)).toBe(0);
  });
});

describe("latencyAxis", () => {
  test("spans whole decades, each with its tick, upwards", () => {
    const axis = latencyAxis(640_000, 1.2e8, [400, 0]);
    expect(axis.ticks.map(({ label }) => label)).toEqual(["100 µs", "1 ms", "10 ms", "100 ms", "1 s"]);
    expect(axis.px(1e7)).toBeCloseTo(200);
    expect(axis.px(0)).toBe(400);
  });

  test("has at least one decade when all latencies are one", () => {
    expect(latencyAxis(1e6, 1e6, [100, 0]).ticks.map(({ label }) => label)).toEqual(["1 ms", "10 ms"]);
  });
});

test("rateAxis begins at nothing and ends at a round number", () => {
  const axis = rateAxis(815, [200, 0], 4);
  expect(axis.ticks.at(0)).toEqual({ px: 200, label: "0" });
  expect(axis.ticks.at(-1)).toEqual({ px: 0, label: "1,000" });
  expect(rateAxis(0, [200, 0], 4).px(0)).toBe(200);
});

test("offsetAxis shows milliseconds and minutes to either side of the truth", () => {
  const axis = offsetAxis(60, [200, 0]);
  expect(axis.ticks.map(({ label }) => label)).toEqual(["−10 s", "−1 s", "−0.1 s", "0 s", "+0.1 s", "+1 s", "+10 s"]);
  expect(axis.px(0)).toBe(100);
  expect(axis.px(0.011)).toBeLessThan(95);
  expect(axis.px(-60)).toBeLessThan(200);
  expect(offsetAxis(0, [200, 0]).ticks.map(({ label }) => label)).toEqual(["−0.1 s", "0 s", "+0.1 s"]);
});
