import { describe, expect, test } from "vitest";
import {
  clients,
  eachProcess,
  eachThread,
  imperfect,
  info,
  limit,
  once,
  onThreads,
  repeat,
  simulate,
  synchronize,
} from "../../src/generator/index.ts";
import { countsOf, invocations, threadOf } from "./rows.ts";

describe("eachThread", () => {
  test("gives every thread a copy of its own", () => {
    const ops = invocations(eachThread([{ f: "a" }, { f: "b" }]), { concurrency: 3, lanes: ["kill"] });
    for (const thread of [0, 1, 2, "nemesis:kill"])
      expect(ops.filter(({ process }) => process === thread).map(({ time, f }) => [time, f])).toEqual([
        [0, "a"],
        [10, "b"],
      ]);
    expect(ops).toHaveLength(8);
  });

  test("goes on with the copy after a crash", () => {
    const ops = invocations(clients(eachThread(limit(3, repeat({ f: "a" })))), { concurrency: 2, client: info });
    expect(countsOf(ops.map(({ process }) => threadOf(process, 2)))).toEqual(
      new Map([
        [0, 3],
        [1, 3],
      ]),
    );
    expect(ops.map(({ process }) => process as number).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("a copy sees its thread only, so synchronize inside waits for that alone", () => {
    const slowFirst = ({ process }: { readonly process: unknown }) =>
      ({ type: "ok", latencyNs: process === 0 ? 100 : 10 }) as const;
    const ops = invocations(clients(eachThread([{ f: "a" }, synchronize({ f: "b" })])), {
      concurrency: 2,
      client: slowFirst,
    });
    expect(ops.filter(({ f }) => f === "b").map(({ time, process }) => [time, process])).toEqual([
      [10, 1],
      [100, 0],
    ]);
  });

  test("with a thousand threads it ends with all of them", () => {
    const ops = invocations(clients(eachThread(once({ f: "a" }))), { concurrency: 1_000 });
    expect(new Set(ops.map(({ process }) => process)).size).toBe(1_000);
    expect(ops).toHaveLength(1_000);
  });

  test("of nothing is nothing", () => {
    expect(simulate(eachThread([])).history).toEqual([]);
    expect(simulate(eachThread(undefined)).history).toEqual([]);
  });

  test("in a restricted context knows its threads", () => {
    const ops = invocations(
      onThreads((thread) => thread === 1 || thread === 3, eachThread({ f: "a" })),
      { concurrency: 4 },
    );
    expect(ops.map(({ process }) => process).toSorted()).toEqual([1, 3]);
  });
});

describe("eachProcess", () => {
  test("a crashed process' successor begins afresh", () => {
    // of every thread: fail, info, ok, fail, info, ok …
    const { history } = simulate(clients(limit(8, eachProcess([{ f: "a" }, { f: "b" }, { f: "c" }]))), {
      concurrency: 1,
      client: imperfect,
    });
    expect(history.map(({ process, type, f }) => [process, type, f])).toEqual([
      [0, "invoke", "a"],
      [0, "fail", "a"],
      [0, "invoke", "b"],
      [0, "info", "b"],
      [1, "invoke", "a"],
      [1, "ok", "a"],
      [1, "invoke", "b"],
      [1, "fail", "b"],
      [1, "invoke", "c"],
      [1, "info", "c"],
      [2, "invoke", "a"],
      [2, "ok", "a"],
      [2, "invoke", "b"],
      [2, "fail", "b"],
      [2, "invoke", "c"],
      [2, "info", "c"],
    ]);
  });
});
