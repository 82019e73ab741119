import { expect, test } from "vitest";
import { clients, lane, limit, log, repeat, simulate, sleep } from "../../src/generator/index.ts";
import { timesOf } from "./rows.ts";

test("log is planned, takes no time and is not in the history", () => {
  const { history, planned } = simulate([log("first"), { f: "a" }, log("last")], { concurrency: 1, lanes: [] });
  expect(planned.map(({ type, value, time }) => [type, value, time])).toEqual([
    ["log", "first", 0],
    ["invoke", undefined, 0],
    ["log", "last", 10],
  ]);
  expect(history.map(({ type, f }) => [type, f])).toEqual([
    ["invoke", "a"],
    ["ok", "a"],
  ]);
});

test("sleep holds one process, and nobody else", () => {
  expect(timesOf([sleep(100e-9), limit(3, repeat({ f: "a" }))], { concurrency: 2, lanes: [] })).toEqual([
    [0, "a"],
    [10, "a"],
    [20, "a"],
  ]);
  expect(timesOf(lane("faults", [{ f: "start" }, sleep(5), { f: "stop" }]))).toEqual([
    [0, "start"],
    [5_000_000_010, "stop"],
  ]);
  expect(timesOf(clients([sleep(1), { f: "a" }]), { concurrency: 1 })).toEqual([[1_000_000_000, "a"]]);
});
