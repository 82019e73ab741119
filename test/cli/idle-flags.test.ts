import { describe, expect, it } from "vitest";
import { type FlagContext, flagsFor, refuseIdleFlags, refuseNodeFlags } from "../../src/cli/idle-flags.ts";

const refusing = (given: object, context: Partial<FlagContext>) => (): void =>
  refuseIdleFlags({ ...given }, { nemesis: [], turns: "random", ...context });

describe("a flag that would do nothing", () => {
  it.each<[object, Partial<FlagContext>, string]>([
    [
      { killTargets: "one" },
      { nemesis: ["pause"] },
      "--kill-targets is about the fault kill, which --nemesis does not",
    ],
    [{ fileClass: "wal" }, { nemesis: ["all"] }, "--file-class is about the fault files"],
    [{ partition: "one" }, {}, "--partition is about the fault partition"],
    [
      { nemesisInterval: "3" },
      {},
      "--nemesis-interval is about faults, and none is asked for: name some with --nemesis",
    ],
    [{ nemesisSchedule: "alternating" }, {}, "--nemesis-schedule is about faults, and none is asked for"],
    [{ nemesisPeriod: "3" }, { nemesis: ["kill"] }, "--nemesis-period is about --nemesis-schedule alternating"],
    [{ killTargets: "one" }, { nemesis: ["kill"], turns: "fixed" }, "--kill-targets says nothing where a schedule"],
    [
      { nemesisInterval: "3" },
      { nemesis: ["kill"], turns: "fixed" },
      "--nemesis-interval says nothing where a schedule",
    ],
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
  const all = [[], ["kill"], ["kill", "membership"]];
  const argv = ["--kill-targets", "one", "--membership-unsafe", "--rate", "5", "--nemesis-interval=3"];

  it("go to those that have a use for them", () => {
    expect(flagsFor(argv, [], all)).toEqual(["--rate", "5"]);
    expect(flagsFor(argv, ["kill"], all)).toEqual(["--kill-targets", "one", "--rate", "5", "--nemesis-interval=3"]);
    expect(flagsFor(argv, ["kill", "membership"], all)).toEqual(argv);
  });

  it("are refused when none has", () => {
    expect(() => flagsFor(argv, ["kill"], [[], ["kill"]])).toThrow(
      "--membership-unsafe is about the fault membership, which --nemeses does not ask for",
    );
  });
});
