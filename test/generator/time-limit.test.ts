import { describe, expect, test } from "vitest";
import {
  any,
  clients,
  delay,
  delivery,
  lane,
  limit,
  phases,
  repeat,
  simulate,
  synchronize,
  timeLimit,
} from "../../src/generator/index.ts";
import { timesOf } from "./rows.ts";

describe("timeLimit", () => {
  test("lasts so long from the first operation on; one at the very end is too late", () => {
    const ops = delay(3e-9, repeat({ f: "a" }));
    expect(timesOf(timeLimit(20e-9, ops), { concurrency: 5, lanes: [] }).map(([time]) => time)).toEqual([
      0, 3, 6, 9, 12, 15, 18,
    ]);
    expect(timesOf(timeLimit(18e-9, ops), { concurrency: 5, lanes: [] }).map(([time]) => time)).toEqual([
      0, 3, 6, 9, 12, 15,
    ]);
    expect(
      timesOf(
        timeLimit(5e-9, [
          { f: "a", time: 100 },
          { f: "a", time: 104 },
          { f: "a", time: 105 },
        ]),
      ).map(([time]) => time),
    ).toEqual([100, 104]);
  });

  test("lets one after the other begin anew", () => {
    const ops = (f: string) => timeLimit(10e-9, delay(4e-9, repeat({ f })));
    expect(timesOf([ops("a"), ops("b")], { concurrency: 9, lanes: [] })).toEqual([
      [0, "a"],
      [4, "a"],
      [8, "a"],
      [10, "b"],
      [14, "b"],
      [18, "b"],
    ]);
  });

  test("cuts off a generator that is pending", () => {
    const { history, endTime } = simulate(timeLimit(5, delivery().generator));
    expect(history).toEqual([]);
    expect(endTime).toBe(5e9);
    expect(
      timesOf([timeLimit(7e-9, [{ f: "a" }, delivery().generator]), { f: "b" }], { concurrency: 1, lanes: [] }),
    ).toEqual([
      [0, "a"],
      [10, "b"],
    ]);
  });

  test("does not end because one of several has nothing before the end", () => {
    const fault = lane("faults", { f: "kill", time: 1_000 });
    expect(timesOf(timeLimit(25e-9, any(clients(repeat({ f: "a" })), fault)), { concurrency: 1 })).toEqual([
      [0, "a"],
      [10, "a"],
      [20, "a"],
    ]);
  });

  test("operations in flight go on to their ends", () => {
    const { history } = simulate(timeLimit(5e-9, repeat({ f: "a" })), { concurrency: 1, lanes: [] });
    expect(history.map(({ time, type }) => [time, type])).toEqual([
      [0, "invoke"],
      [10, "ok"],
    ]);
  });

  test("inside phases begins when its phase does", () => {
    const { history } = simulate(phases({ f: "a" }, timeLimit(15e-9, limit(9, repeat({ f: "b" })))), {
      concurrency: 1,
      lanes: [],
    });
    expect(history.filter(({ f, type }) => f === "b" && type === "invoke").map(({ time }) => time)).toEqual([10, 20]);
    expect(
      timesOf(timeLimit(15e-9, synchronize([{ f: "a" }, { f: "b" }, { f: "c" }])), { concurrency: 1, lanes: [] }),
    ).toHaveLength(2);
  });
});
