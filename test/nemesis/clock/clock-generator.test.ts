import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CLOCK_KINDS, clockFault } from "../../../nemesis/clock/clock-generator.ts";
import { bumpValue, driftValue, strobeValue } from "../../../nemesis/clock/clock-value.ts";
import { randomStream } from "../../../src/random.ts";

const NODES = ["n2", "n4"];
const draw = <T>(kind: (typeof CLOCK_KINDS)[number], seed: number) => {
  const { f, value } = clockFault(kind, NODES, randomStream(seed), 10_000);
  return { f, values: Object.values(value as Record<string, T>), nodes: Object.keys(value as object), value };
};

describe("clockFault", () => {
  it("bumps by 11 ms to 288 s in both directions", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { f, value, values, nodes } = draw<number>("bump", seed);
        expect(f).toBe("bump-clock");
        expect(bumpValue.safeParse(value).success).toBe(true);
        expect(nodes).toEqual(NODES);
        for (const ms of values) expect(Math.abs(ms)).toBeGreaterThanOrEqual(11);
        for (const ms of values) expect(Math.abs(ms)).toBeLessThanOrEqual(287_627);
      }),
    );
  });

  it("reaches small and large sizes, forwards and backwards", () => {
    const all = Array.from({ length: 300 }, (_, seed) => draw<number>("bump", seed).values).flat();
    expect(all.some((ms) => ms > 60_000)).toBe(true);
    expect(all.some((ms) => ms < -60_000)).toBe(true);
    expect(all.some((ms) => Math.abs(ms) < 50)).toBe(true);
  });

  it("drifts by up to 5 %", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { value, values } = draw<number>("drift", seed);
        expect(driftValue.safeParse(value).success).toBe(true);
        for (const ppm of values) expect(Math.abs(ppm)).toBeGreaterThanOrEqual(10);
        for (const ppm of values) expect(Math.abs(ppm)).toBeLessThanOrEqual(50_000);
      }),
    );
  });

  it("strobes by 4 ms to 262 s, no longer than it may", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { value, values } = draw<{ deltaMs: number; periodMs: number; durationMs: number }>("strobe", seed);
        expect(strobeValue.safeParse(value).success).toBe(true);
        for (const { deltaMs, periodMs, durationMs } of values) {
          expect(deltaMs).toBeGreaterThanOrEqual(4);
          expect(deltaMs).toBeLessThanOrEqual(262_144);
          expect(periodMs).toBeGreaterThanOrEqual(1);
          expect(periodMs).toBeLessThanOrEqual(1024);
          expect(durationMs).toBeLessThanOrEqual(10_000);
        }
      }),
    );
  });
});
