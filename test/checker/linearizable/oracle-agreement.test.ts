import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../src/checker/linearizable/check.ts";
import { DEFAULT_TUNING, type Planted, type Tuning } from "../../../src/checker/linearizable/tuning.ts";
import { modelByName } from "../../../src/model/registry.ts";
import { randomStream } from "../../../src/random.ts";
import { isLinearizable } from "./oracle.ts";
import { type Kind, recorded, smallHistory } from "./small-histories.ts";
import { distinctSpecs, type Spec, specs } from "./specs.ts";

const HISTORIES = 4400;

interface Tally {
  linearizable: number;
  mismatches: string[];
}

/** Compares the engine with the oracle on random histories of one specification. */
function compare(spec: Spec, from: number, count: number, tuning: Partial<Tuning> = {}, stopAtFirst = false): Tally {
  const model = modelByName(spec.model);
  const tally: Tally = { linearizable: 0, mismatches: [] };
  for (let seed = from; seed < from + count; seed++) {
    const random = randomStream(seed, spec.model);
    // about half of them linearizable: those that are made so, as long as there are too few
    const kind: Kind = tally.linearizable * 2 < seed - from ? "valid" : random.pick(["mutated", "arbitrary"]);
    const options = {
      operations: 4 + random.int(6),
      processes: 2 + random.int(3),
      crashes: random.pick([0, 0.15, 0.4]),
    };
    const ops = smallHistory(spec, kind, random, options);
    const expected = isLinearizable(spec, ops);
    if (expected) tally.linearizable++;
    const { valid } = checkLinearizable(model, recorded(spec, ops, random), { explain: false, tuning });
    if (valid !== expected) tally.mismatches.push(`${spec.model} seed ${seed}: ${valid}, but it is ${expected}`);
    if (stopAtFirst && tally.mismatches.length > 0) break;
  }
  return tally;
}

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
        expect(compare(spec, 50_000_000 + i * 1000, 300, { [name]: false, algorithm: "search" }).mismatches).toEqual(
          [],
        );
      }
    },
    120_000,
  );

  it.each(["structure", "search", "depth-first", "layered"] as const)(
    "agree by %s alone",
    (algorithm) => {
      for (const [i, spec] of all.entries()) {
        expect(compare(spec, 60_000_000 + i * 1000, 300, { algorithm }).mismatches).toEqual([]);
      }
    },
    120_000,
  );
});

describe("an error planted in the engine is found by the same histories", () => {
  /** The error, and an algorithm that it spoils. */
  const planted: readonly (readonly [Planted, Tuning["algorithm"]])[] = [
    ["eager-writes", "search"],
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
  it.each(planted)(
    "%s, in %s",
    (name, algorithm) => {
      const tuning = { algorithm, planted: name };
      const caught = all.some((spec, i) => compare(spec, i * 1_000_000, 3000, tuning, true).mismatches.length > 0);
      expect(caught).toBe(true);
    },
    120_000,
  );
});
