import { expect, test } from "vitest";
import { lane, phases, schedule, simulate } from "../../src/generator/index.ts";
import { timesOf } from "./rows.ts";

test("schedule gives operations at their times, counted from when it is first asked", () => {
  const faults = schedule([
    [0, { f: "start" }],
    [2, { f: "stop" }],
    [3, { f: "start", value: ["n1"] }],
  ]);
  expect(timesOf(lane("faults", faults))).toEqual([
    [0, "start"],
    [2e9, "stop"],
    [3e9, "start"],
  ]);
  expect(timesOf(phases({ f: "a", time: 1e9 }, lane("faults", schedule([[2, { f: "start" }]]))))).toEqual([
    [1e9, "a"],
    [3e9 + 10, "start"],
  ]);
});

test("one that is late is given as soon as it can", () => {
  const client = () => ({ type: "ok", latencyNs: 5e9 }) as const;
  expect(
    timesOf(
      lane(
        "faults",
        schedule([
          [1, { f: "a" }],
          [2, { f: "b" }],
        ]),
      ),
      { client },
    ),
  ).toEqual([
    [1e9, "a"],
    [6e9, "b"],
  ]);
  expect(simulate(schedule([])).history).toEqual([]);
});
