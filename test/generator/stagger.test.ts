import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clients, limit, repeat, simulate, spaced, stagger } from "../../src/generator/index.ts";
import { invocations, timesOf } from "./rows.ts";

const gapsOf = (times: readonly number[]) => times.slice(1).map((time, i) => time - (times[i] as number));

describe("stagger", () => {
  test("has the mean that was asked for, and gaps uniform up to twice that", () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(1e-6, 1e-3, 0.005, 2), (seed, seconds) => {
        const ops = invocations(clients(stagger(seconds, limit(2_000, repeat({ f: "a" })))), { seed, concurrency: 10 });
        const gaps = gapsOf(ops.map(({ time }) => time)).map((gap) => gap / (seconds * 1e9));
        const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
        expect(Math.abs(mean - 1)).toBeLessThan(0.06); // standard deviation 0.013
        expect(Math.max(...gaps)).toBeLessThanOrEqual(2.000_1);
        expect(gaps.filter((gap) => gap < 0.5).length / gaps.length).toBeCloseTo(0.25, 1);
      }),
      { numRuns: 20 },
    );
  });

  test("has its mean also where clients and lanes work for it", () => {
    const times = invocations(stagger(20e-9, limit(3_000, repeat({ f: "a" }))), { concurrency: 9 }).map(
      ({ time }) => time,
    );
    expect(Math.abs((times.at(-1) as number) / 2_999 / 20 - 1)).toBeLessThan(0.05);
  });

  test("the first operation waits for nothing", () => {
    expect(invocations(stagger(1, { f: "a" }))[0]?.time).toBe(0);
  });

  test("makes good small delays and forgets an outage", () => {
    // 1 ms apart on average; every operation takes 1 s, so the plan falls behind by far
    const slow = { client: () => ({ type: "ok", latencyNs: 1e9 }) as const, concurrency: 1, lanes: [] };
    const times = invocations(stagger(0.001, limit(4, repeat({ f: "a" }))), slow).map(({ time }) => time);
    expect(times).toEqual([0, 1e9, 2e9, 3e9]);
    const outage = {
      ...slow,
      client: ({ index }: { readonly index: number }) => ({ type: "ok", latencyNs: index === 0 ? 1e9 : 0 }) as const,
    };
    const after = invocations(stagger(0.001, limit(200, repeat({ f: "a" }))), outage).map(({ time }) => time);
    // 10 ms of the lost second are made good: about ten operations more than the plan, not a thousand
    const first20ms = after.filter((time) => time >= 1e9 && time < 1e9 + 20e6).length;
    expect(first20ms).toBeGreaterThan(20);
    expect(first20ms).toBeLessThan(45);
  });
});

test("spaced keeps a distance before every operation, the first included", () => {
  const times = invocations(spaced(10, 0.25, limit(200, repeat({ f: "a" })))).map(({ time }) => time);
  for (const gap of gapsOf([0, ...times])) {
    expect(gap).toBeGreaterThanOrEqual(7.5e9);
    expect(gap).toBeLessThanOrEqual(12.5e9);
  }
  expect(timesOf(spaced(3e-9, 0, limit(3, repeat({ f: "a" }))))).toEqual([
    [3, "a"],
    [6, "a"],
    [9, "a"],
  ]);
});

test("spaced never catches up", () => {
  const slow = { client: () => ({ type: "ok", latencyNs: 100 }) as const, concurrency: 1, lanes: [] };
  expect(timesOf(spaced(30e-9, 0, limit(3, repeat({ f: "a" }))), slow)).toEqual([
    [30, "a"],
    [130, "a"],
    [230, "a"],
  ]);
  expect(simulate(spaced(1, 0, [])).history).toEqual([]);
});
