import type { ReportedRun } from "../../../src/cli/reporters/reported-run.ts";

/** A run with a violation, an undecided check, and sentences that hold a database's worst values. */
export const BAD: ReportedRun = {
  name: "etcd register partition",
  suite: "etcd",
  workload: "register",
  valid: false,
  exitCode: 1,
  summary: "workload: key 3 was read as 7.",
  checks: [
    { name: "stats", valid: true, summary: "3 operations" },
    {
      name: "workload",
      valid: false,
      summary: 'read "<b>&amp;</b>]]>" | `x` 100%,\r\n::set-env name=A::b: [c](http://d) @e #1',
    },
    { name: "faults", valid: "unknown", summary: "partition never took hold" },
  ],
  interrupted: false,
  problems: ["Log of n1: not\tthere"],
  seconds: 12.3456,
  startDate: "2026-11-21T04:05:06.123Z",
  seed: 7,
  again: "jepsen-ts run etcd --nemesis partition --seed 7",
  report: "store/latest/report.html",
};

export const GOOD: ReportedRun = {
  ...BAD,
  name: "etcd set",
  workload: "set",
  valid: true,
  exitCode: 0,
  summary: "Valid.",
  checks: [{ name: "workload", valid: true }],
  problems: [],
};

/** Nodes that could not be made. */
export const UNSTARTED: ReportedRun = {
  name: "etcd register",
  suite: "etcd",
  workload: "register",
  valid: "unknown",
  exitCode: 254,
  checks: [],
  failure: "Making nodes needs root.",
  interrupted: false,
  problems: [],
  seconds: 0,
};

export const INTERRUPTED: ReportedRun = { ...GOOD, exitCode: 130, interrupted: true };
