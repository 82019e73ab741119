import { describe, expect, it } from "vitest";
import { type FlagContext, flagsFor, refuseIdleFlags, refuseNodeFlags } from "../../src/cli/idle-flags.ts";
import { BUILT_IN } from "../../src/cli/suites.ts";
import { fsSuite } from "../../workloads/fs/suite.ts";

const refusing = (given: object, context: Partial<FlagContext>) => (): void =>
  refuseIdleFlags({ ...given }, { suite: fsSuite, workload: "fs-append", nemesis: [], turns: "random", ...context });

describe("a flag that would do nothing", () => {
  it.each<[object, Partial<FlagContext>, string]>([
    [
      { killTargets: "one" },
      { nemesis: ["pause"] },
      "--kill-targets is about the fault kill, which --nemesis does not",
    ],
    [{ fileClass: "wal" }, { nemesis: ["all"] }, "--file-class is about the fault files"],
    [{ partition: "one" }, {}, "--partition is about the fault partition"],
    [{ nemesisSchedule: "alternating" }, {}, "--nemesis-schedule is about faults, and none is asked for"],
    [{ nemesisPeriod: "3" }, { nemesis: ["kill"] }, "--nemesis-period is about --nemesis-schedule alternating"],
    [{ killTargets: "one" }, { nemesis: ["kill"], turns: "fixed" }, "--kill-targets says nothing where a schedule"],
    [
      { nemesisInterval: "3" },
      { nemesis: ["kill"], turns: "fixed" },
      "--nemesis-interval says nothing where a schedule",
    ],
    [{ lock: "flock" }, {}, "--lock says nothing to the workload fs-append: choose fs-lock with --workload, or leave"],
    [{ oneWriter: true }, { workload: "fs-set" }, "choose fs-append or fs-register or fs-rename with --workload"],
  ])("is refused: %j beside %j", (given, context, sentence) => {
    expect(refusing(given, context)).toThrow(sentence);
  });

  it.each<[object, Partial<FlagContext>]>([
    [{ killTargets: "one", nemesisInterval: "3", timeLimit: "9" }, { nemesis: ["kill"] }],
    [{ killTargets: "one", killInterval: "3" }, { nemesis: ["all"] }],
    [{ fileClass: "wal" }, { nemesis: ["all", "files"] }],
    [{ nemesisPeriod: "3" }, { nemesis: ["own"], turns: "alternating" }],
    [
      { killRoles: "osd", packet: "loss" },
      { nemesis: ["kill", "packet"], turns: "fixed" },
    ],
    [{ lease: "5", timeLimit: "9" }, {}],
    [{ nemesisInterval: "3", nemesisPeriod: "9", nemesisMissing: "skip" }, {}],
    [{ lock: "flock", opsPerKey: "9" }, { workload: "fs-lock" }],
    [{ consistency: "close-to-open" }, { workload: "fs-set" }],
  ])("is not one that does something: %j beside %j", (given, context) => {
    expect(refusing(given, context)).not.toThrow();
  });

  it("is every one about nodes, where a suite has none", () => {
    expect(() => refuseNodeFlags({ nodes: "a" }, "demo")).toThrow(
      "Suite demo runs without nodes, which --nodes is about",
    );
    expect(() => refuseNodeFlags({ keepCluster: true }, "demo")).toThrow("--keep-cluster");
    expect(() => refuseNodeFlags({ timeLimit: "3" }, "demo")).not.toThrow();
  });
});

describe("flags of several runs", () => {
  const runs = (...nemeses: readonly (readonly string[])[]) =>
    ["fs-append", "fs-set"].flatMap((workload) => nemeses.map((nemesis) => ({ workload, nemesis })));
  const all = runs([], ["kill"], ["kill", "membership"]);
  const argv = ["--kill-targets", "one", "--membership-unsafe", "--rate", "5", "--nemesis-interval=3"];
  const of = (flags: readonly string[], workload: string, ...nemesis: readonly string[]) =>
    flagsFor(flags, { workload, nemesis }, all, fsSuite);

  it("go to those that have a use for them", () => {
    expect(of(argv, "fs-set")).toEqual(["--rate", "5", "--nemesis-interval=3"]);
    expect(of(argv, "fs-set", "kill")).toEqual(["--kill-targets", "one", "--rate", "5", "--nemesis-interval=3"]);
    expect(of(argv, "fs-set", "kill", "membership")).toEqual(argv);
    const own = ["--keep-open", "--set-of", "links", "--rate", "5"];
    expect(of(own, "fs-set")).toEqual(["--set-of", "links", "--rate", "5"]);
    expect(of(own, "fs-append")).toEqual(["--keep-open", "--rate", "5"]);
  });

  it("are refused when none has", () => {
    const few = runs([], ["kill"]);
    const [one = { workload: "", nemesis: [] }] = few;
    expect(() => flagsFor(argv, one, few, fsSuite)).toThrow(
      "--membership-unsafe is about the fault membership, which --nemeses does not ask for",
    );
    expect(() => of(["--lock", "flock"], "fs-set")).toThrow("choose fs-lock with --workloads, or leave the flag out");
  });
});

it("the workloads of a flag are workloads, and the flag one of the suite's", () => {
  for (const { name, options, workloads, workloadsOfFlags = {} } of BUILT_IN.values()) {
    expect(Object.keys(options.shape), name).toEqual(expect.arrayContaining(Object.keys(workloadsOfFlags)));
    for (const readers of Object.values(workloadsOfFlags))
      expect(Object.keys(workloads), name).toEqual(expect.arrayContaining([...readers]));
  }
});
