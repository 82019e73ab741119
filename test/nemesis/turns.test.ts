import { describe, expect, it } from "vitest";
import { rhythm } from "../../nemesis/family.ts";
import { alternating, inTime, oneOfEach, turnOf } from "../../nemesis/turns.ts";
import { any, lane, simulate, timeLimit } from "../../src/generator/index.ts";
import type { NemesisPackage } from "../../src/test.ts";

const INTERVAL_MS = 2000;

/** A family with its rhythm; its nemesis is never asked here. */
function family(name: string): NemesisPackage {
  const [start, stop] = [`start-${name}`, `stop-${name}`];
  return {
    name,
    nemesis: { fs: new Set([start, stop, `heal-${name}`]), invoke: () => Promise.reject(new Error("not asked")) },
    generator: rhythm(INTERVAL_MS, [{ f: start }, { f: stop }]),
    finalGenerator: [{ f: stop }, { f: `heal-${name}` }],
    bands: [{ family: name, start: [start], stop: [stop, `heal-${name}`] }],
  };
}

/** Seconds and names of what the lanes begin within so many seconds; operations whose turn is `failing` do not take hold. */
function begun(packages: readonly NemesisPackage[], seconds: number, failing = 0) {
  const lanes = packages.map(({ name }) => name);
  let left = failing;
  const generator = timeLimit(seconds, any(...packages.map((each) => lane(each.name, each.generator))));
  const client = ({ f }: { f: string }) => ({
    type: f.startsWith("start") && left-- > 0 ? ("fail" as const) : ("ok" as const),
    latencyNs: 100e6,
  });
  const { history } = simulate(generator, { concurrency: 1, lanes, client });
  return history.filter(({ type }) => type === "invoke").map(({ time, f }) => ({ at: time / 1e9, f }));
}

describe("quiet and faulty periods by turns", () => {
  const ops = begun(alternating([family("a"), family("b")], 10, 60), 60);
  const isQuiet = (at: number) => Math.floor(at / 10) % 2 === 0;

  it("strike in faulty ones only, all families at the same time, from the second period on", () => {
    const starts = ops.filter(({ f }) => f.startsWith("start"));
    for (const { at, f } of starts) expect(isQuiet(at), `${f} at ${at}`).toBe(false);
    for (const name of ["a", "b"])
      for (const period of [1, 3, 5])
        expect(starts.some(({ at, f }) => f === `start-${name}` && Math.floor(at / 10) === period)).toBe(true);
  });

  it("begin with what undoes everything", () => {
    for (const name of ["a", "b"]) {
      const heals = ops.filter(({ f }) => f === `heal-${name}`).map(({ at }) => Math.floor(at));
      expect(heals).toEqual([20, 40]); // the third is the end of the run's own
    }
  });
});

describe("a fault that comes when all is over", () => {
  const a = family("a");

  it("is refused", () => {
    expect(() => inTime([a], 2)).toThrow("The fault a comes after about 2 s, and --time-limit 2 leaves it no time");
    expect(() => alternating([a], 1, 60)).toThrow("and --nemesis-period 1 leaves it no time");
    expect(() => alternating([a], 20, 20)).toThrow("the first period, 20 s, is quiet, and --time-limit is 20");
  });

  it("is none that has time, or a rhythm of its own", () => {
    expect(inTime([a], 2.1)).toEqual([a]);
    expect(inTime([{ ...a, generator: { f: "start-a" } }], 0.1)).toHaveLength(1);
    expect(alternating([a], 3, 4)).toHaveLength(1);
  });
});

describe("one of each", () => {
  it("is every family once, undone before the next begins", () => {
    const { seconds, intervalSeconds } = turnOf(3, 48);
    expect([seconds, intervalSeconds]).toEqual([12, INTERVAL_MS / 1000]);
    const ops = begun(oneOfEach(["a", "b", "c"].map(family), seconds), 48);
    expect(ops.map(({ f }) => f)).toEqual(
      ["a", "b", "c"].flatMap((name) => [`start-${name}`, `stop-${name}`, `heal-${name}`]),
    );
    ops.forEach(({ at, f }, i) => {
      const turn = Math.floor(i / 3) * 12;
      expect(at, f).toBeGreaterThanOrEqual(turn);
      expect(at, f).toBeLessThan(turn + 12);
    });
  });

  it("tries again when a fault did not take hold", () => {
    const ops = begun(oneOfEach([family("a")], 20), 20, 1);
    expect(ops.map(({ f }) => f)).toEqual(["start-a", "start-a", "stop-a", "heal-a"]);
  });

  it("gives those that never took hold in their turn one more turn at the end, and nobody else", () => {
    const ops = begun(oneOfEach(["a", "b"].map(family), 12), 36, 2); // both tries of a's turn fail
    const again = ops.filter(({ at }) => at >= 24);
    expect(ops.filter(({ at }) => at < 24).map(({ f }) => f)).toEqual([
      "start-a",
      "start-a",
      "stop-a",
      "heal-a",
      "start-b",
      "stop-b",
      "heal-b",
    ]);
    expect(again.map(({ f }) => f)).toEqual(["start-a"]);
  });

  it("says how long a run must be for it", () => {
    expect(() => turnOf(10, 20)).toThrow("One of each of 10 faults needs --time-limit 33 at least.");
  });
});
