import { describe, expect, test } from "vitest";
import { cycleTimes, delay, delivery, limit, repeat, simulate } from "../../src/generator/index.ts";
import { timesOf } from "./rows.ts";

const wide = { concurrency: 20, lanes: [] };

describe("cycleTimes", () => {
  test("gives each its turn, and keeps its state until the next", () => {
    const numbered = (f: string) =>
      delay(
        4e-9,
        Array.from({ length: 9 }, (_, value) => ({ f, value })),
      );
    const { history } = simulate(
      limit(
        10,
        cycleTimes([
          [10e-9, numbered("a")],
          [5e-9, numbered("b")],
        ]),
      ),
      { ...wide, client: () => ({ type: "ok", latencyNs: 0 }) },
    );
    expect(history.filter(({ type }) => type === "invoke").map(({ time, f, value }) => [time, f, value])).toEqual([
      [0, "a", 0],
      [4, "a", 1],
      [8, "a", 2],
      [10, "b", 0],
      [14, "b", 1],
      [15, "a", 3],
      [16, "a", 4],
      [20, "a", 5],
      [24, "a", 6], // due at 12, 16, 20 and 24: it catches up
      [25, "b", 2],
    ]);
  });

  test("goes on to the next while one is pending", () => {
    expect(
      timesOf(
        limit(
          4,
          cycleTimes([
            [5e-9, delivery().generator],
            [5e-9, delay(3e-9, repeat({ f: "b" }))],
          ]),
        ),
        wide,
      ),
    ).toEqual(
      [
        [5, "b"],
        [8, "b"],
        [15, "b"],
        [15, "b"], // due at 11 and 14
      ].map(([time, f]) => [time, f]),
    );
  });

  test("over what is pending for ever is found out in a simulation", () => {
    expect(() => simulate(cycleTimes([[5e-9, delivery().generator]]))).toThrow(/makes no progress/);
  });

  test("ends with the one whose turn it is", () => {
    expect(
      timesOf(
        cycleTimes([
          [5e-9, delay(2e-9, limit(4, repeat({ f: "a" })))],
          [5e-9, delay(2e-9, repeat({ f: "b" }))],
        ]),
        wide,
      ),
    ).toEqual([
      [0, "a"],
      [2, "a"],
      [4, "a"],
      [5, "b"],
      [7, "b"],
      [9, "b"],
      [10, "a"],
    ]);
  });

  test("refuses turns without time", () => {
    expect(() => cycleTimes([])).toThrow(/at least one turn/);
    expect(() => cycleTimes([[0, { f: "a" }]])).toThrow(/more than 0 seconds/);
  });
});
