import { describe, expect, it } from "vitest";
import { DEFAULT_TUNING, type Planted, type Tuning } from "../../../src/checker/linearizable/tuning.ts";
import { compare } from "./compare.ts";
import { distinctSpecs, type Spec, specs } from "./specs.ts";

const HISTORIES = 4400;
const all = [...specs, ...distinctSpecs];

describe("the engine and a brute-force oracle that shares no code with it", () => {
  it(`agree on ${all.length * HISTORIES} random histories`, () => {
    const lines: string[] = [];
    const mismatches: string[] = [];
    for (const [i, spec] of all.entries()) {
      const tally = compare(spec, i * 1_000_000, HISTORIES);
      mismatches.push(...tally.mismatches);
      const share = Math.round((100 * tally.linearizable) / HISTORIES);
      lines.push(`${spec.model.padEnd(20)} ${share} % linearizable`);
      expect(share, spec.model).toBeGreaterThanOrEqual(30);
      expect(share, spec.model).toBeLessThanOrEqual(70);
    }
    process.stdout.write(`${lines.join("\n")}\n`);
    expect(mismatches).toEqual([]);
  }, 240_000);

  const switches = Object.entries(DEFAULT_TUNING).filter(([, value]) => value === true) as [keyof Tuning, true][];
  it.each(switches.map(([name]) => name))(
    "agree without %s",
    (name) => {
      for (const [i, spec] of all.entries()) {
        const tuning = () => ({ [name]: false, algorithm: "search" as const });
        expect(compare(spec, 50_000_000 + i * 1000, 300, { tuning }).mismatches).toEqual([]);
      }
    },
    120_000,
  );

  it.each(["structure", "search", "depth-first", "layered"] as const)(
    "agree by %s alone",
    (algorithm) => {
      for (const [i, spec] of all.entries()) {
        const tuning = () => ({ algorithm });
        expect(compare(spec, 60_000_000 + i * 1000, 300, { tuning }).mismatches).toEqual([]);
      }
    },
    120_000,
  );
});

describe("an error planted in the engine is found by the same histories", () => {
  /** Whether the histories of one of the specifications find it. */
  const isCaught = (planted: Planted, algorithm: Tuning["algorithm"], within: readonly Spec[]): boolean => {
    const tuning = () => ({ algorithm, planted });
    return within.some((spec) => {
      const { mismatches } = compare(spec, all.indexOf(spec) * 1_000_000, 3000, { tuning, stopAtFirst: true });
      return mismatches.length > 0;
    });
  };

  /** Of each pruning of the search, with an algorithm that it spoils. */
  const planted: readonly (readonly [Planted, Tuning["algorithm"]])[] = [
    ["eager-writes", "search"],
    ["drop-crashed", "search"],
    ["free-crashes", "search"],
    ["mixed-classes", "search"],
    ["blind-dominance", "depth-first"],
    ["blind-pending", "depth-first"],
    ["drop-unread", "layered"],
    ["late-first", "search"],
    ["hasty-outlook", "search"],
    ["loose-parts", "search"],
    ["sober-reachability", "layered"],
    ["lost-chance", "layered"],
    ["trust-merged", "layered"],
    ["forget-initial", "structure"],
  ];
  it.each(planted)("%s, in %s", (name, algorithm) => expect(isCaught(name, algorithm, all)).toBe(true), 120_000);

  // The algorithms without search, one by one.
  it.each(distinctSpecs.map((spec) => [spec.model, spec] as const))(
    "timeless, in %s without search",
    (_, spec) => expect(isCaught("timeless", "structure", [spec])).toBe(true),
    120_000,
  );
});
