import { describe, expect, it } from "vitest";
import { makePlan, nemesisNames, type PlanInput } from "../../src/cli/plan.ts";
import type { NemesisPackage, Suite } from "../../src/test.ts";
import { demoSuite } from "../../workloads/demo/suite.ts";
import { etcdSuite } from "../../workloads/etcd/suite.ts";

const own: NemesisPackage = {
  name: "own",
  nemesis: { fs: new Set(["own"]), invoke: async () => ({ type: "ok" }) },
  generator: undefined,
  finalGenerator: undefined,
  bands: [{ family: "own", start: ["own"], stop: [] }],
};

function plan(nemesis: readonly string[], more: Partial<PlanInput> = {}, suite: Suite = etcdSuite) {
  const skipped: string[] = [];
  const options = { timeLimit: 120, nemesisInterval: 5, nemesisPeriod: 10, nemesisMissing: "refuse", clientTimeout: 2 };
  const input = {
    suite,
    workload: undefined,
    nemesis,
    nodes: ["n1", "n2", "n3", "n4", "n5"],
    concurrency: 10,
    options,
    schedule: "random" as const,
  };
  const { packages } = makePlan({ ...input, onSkip: (sentence) => skipped.push(sentence), ...more });
  return { names: packages.map(({ name }) => name), skipped };
}

describe("--nemesis", () => {
  const builtIn = ["partition", "kill", "stop", "pause", "restart", "clock", "packet", "disk", "membership", "ports"];

  it("all: every family that the system can have, but files, and the suite's own", () => {
    expect(plan(["all"]).names).toEqual(builtIn);
    expect(plan(["all", "files", "kill"]).names).toEqual([...builtIn, "files"]);
    expect(plan(["all"], {}, { ...etcdSuite, faults: () => [own] }).names).toEqual([...builtIn, "own"]);
  });

  it("all leaves out what cannot be, and says so; what is named must be possible", () => {
    const bare: Suite = { ...etcdSuite, db: () => ({ setup: async () => {}, teardown: async () => {} }) };
    const { names, skipped } = plan(["all"], {}, bare);
    expect(names).toEqual(["partition", "packet"]);
    expect(skipped).toHaveLength(8);
    expect(skipped[0]).toBe(
      "The fault kill needs a system that lists its processes, and this one does not. The fault kill is left out.",
    );
    expect(() => plan(["all", "kill"], {}, bare)).toThrow(/The fault kill needs/);
  });

  it("joins a suite's own families with the built-in ones, and refuses a name that is taken", () => {
    expect(plan(["kill", "own"], {}, { ...etcdSuite, faults: () => [own] }).names).toEqual(["kill", "own"]);
    const twin = { ...etcdSuite, faults: () => [{ ...own, name: "kill" }] };
    expect(() => plan(["own"], {}, twin)).toThrow('brings a fault family "kill", a name that is taken');
    expect(() => plan(["tornado"])).toThrow(
      /There is no fault family "tornado": choose from partition, .*, all, or none/,
    );
  });

  it("a suite's own family that these options do not allow says why where it is named, and is left out of all", () => {
    const suite = { ...etcdSuite, faults: () => [{ name: "own", cannot: "It cannot be had so." }] };
    expect(() => plan(["own"], {}, suite)).toThrow("It cannot be had so.");
    const { names, skipped } = plan(["all"], {}, suite);
    expect(names).toEqual(builtIn);
    expect(skipped).toEqual(["It cannot be had so. The fault own is left out."]);
  });

  it.each<[string, NemesisPackage["bands"]]>([
    ["no band", []],
    ["only a band of another name", [{ family: "other", start: ["own"], stop: [] }]],
    ["a band that nothing installs", [{ family: "own", start: [], stop: ["own"] }]],
  ])("refuses a suite's own family with %s, which could never be proven", (_name, bands) => {
    const suite = { ...etcdSuite, faults: () => [{ ...own, bands }] };
    expect(() => plan(["own"], {}, suite)).toThrow('The fault family "own" has no band of its own name');
    expect(plan(["kill"], {}, suite).names).toEqual(["kill"]);
  });

  it("all of a suite without nodes is its own", () => {
    expect(plan(["all"], {}, { ...demoSuite, faults: () => [own] }).names).toEqual(["own"]);
    expect(() => nemesisNames(["none", "kill"])).toThrow(/cannot be combined/);
  });

  it("is refused where it would come too late, or cannot be, but not when the run is only judged", () => {
    const more = (interval: number) => ({
      options: { timeLimit: 10, nemesisInterval: interval, fileClass: ["walx"], clientTimeout: 2 },
    });
    expect(plan(["kill"], more(9)).names).toEqual(["kill"]);
    expect(() => plan(["kill"], more(10))).toThrow("The fault kill comes after about 10 s, and --time-limit 10");
    expect(() => plan(["files"], more(5))).toThrow('--file-class takes wal, snapshot, not "walx"');
    expect(plan(["kill", "files"], { ...more(10), schedule: undefined }).names).toEqual(["kill", "files"]);
  });

  it("one of each needs time for each", () => {
    expect(plan(["all"], { schedule: "one-of-each" }).names).toEqual(builtIn);
    const short = { options: { timeLimit: 20, nemesisMissing: "refuse", clientTimeout: 2 } };
    expect(() => plan(["all"], { schedule: "one-of-each", ...short })).toThrow("needs --time-limit 33 at least");
  });
});
