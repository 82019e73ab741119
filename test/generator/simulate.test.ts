import { describe, expect, test } from "vitest";
import {
  clients,
  cycle,
  imperfect,
  info,
  limit,
  mix,
  perfect,
  quick,
  repeat,
  type SimulatedClient,
  simulate,
} from "../../src/generator/index.ts";

const reads = (count: number) => clients(limit(count, repeat({ f: "read" })));
const seen = (client: SimulatedClient, count = 3) =>
  simulate(reads(count), { concurrency: 1, client }).history.map(({ time, type, process }) => [time, type, process]);

describe("the simulated clients", () => {
  test("perfect: ok after 10 ns", () => {
    expect(seen(perfect, 2)).toEqual([
      [0, "invoke", 0],
      [10, "ok", 0],
      [10, "invoke", 0],
      [20, "ok", 0],
    ]);
  });

  test("quick: ok at once", () => {
    expect(seen(quick, 2)).toEqual([
      [0, "invoke", 0],
      [0, "ok", 0],
      [0, "invoke", 0],
      [0, "ok", 0],
    ]);
  });

  test("info: nobody knows, and every operation has a process of its own", () => {
    expect(seen(info)).toEqual([
      [0, "invoke", 0],
      [10, "info", 0],
      [10, "invoke", 1],
      [20, "info", 1],
      [20, "invoke", 2],
      [30, "info", 2],
    ]);
  });

  test("imperfect: fail, info, ok in turn for every thread", () => {
    expect(seen(imperfect, 4).filter(([, type]) => type !== "invoke")).toEqual([
      [10, "fail", 0],
      [20, "info", 0],
      [30, "ok", 1],
      [40, "fail", 1],
    ]);
  });

  test("one's own: a register with latencies, answered from state", () => {
    let register = 0;
    const client: SimulatedClient = ({ f, value }, { random }) => {
      if (f === "write") register = value as number;
      return { type: "ok", value: register, latencyNs: 5 + random.int(10) };
    };
    const work = clients(cycle(50, [{ f: "write", value: 1 }, { f: "read" }, { f: "write", value: 2 }, { f: "read" }]));
    const { history } = simulate(work, { concurrency: 1, client });
    expect(history.filter(({ f, type }) => f === "read" && type === "ok").map(({ value }) => value)).toEqual(
      Array.from({ length: 100 }, (_, i) => 1 + (i % 2)),
    );
  });

  test("one that does not answer: info after the timeout, with the thread going on", () => {
    const { history } = simulate(reads(2), { concurrency: 1, client: () => undefined, operationTimeoutNs: 500 });
    expect(history).toMatchObject([
      { time: 0, type: "invoke", process: 0 },
      { time: 500, type: "info", process: 0, error: { code: "timeout" } },
      { time: 500, type: "invoke", process: 1 },
      { time: 1_000, type: "info", process: 1 },
    ]);
  });

  test("carry errors and evidence into the history", () => {
    const evidence = { proven: true, summary: "seen" };
    const client: SimulatedClient = () => ({ type: "fail", error: { code: "no" }, evidence });
    expect(simulate(reads(1), { client }).history[1]).toMatchObject({ type: "fail", error: { code: "no" }, evidence });
  });

  test("times are whole nanoseconds, whatever the client says", () => {
    expect(seen(() => ({ type: "ok", latencyNs: 3.4 }), 2).map(([time]) => time)).toEqual([0, 3, 3, 6]);
  });

  test("refuses a latency that is none", () => {
    expect(() => seen(() => ({ type: "ok", latencyNs: -1 }))).toThrow(/answered after -1 ns/);
  });
});

describe("simulate", () => {
  test("gives the same history to the byte for the same seed, and another for another", () => {
    const work = clients(
      limit(300, mix([repeat({ f: "read" }), (_test, { random }) => ({ f: "write", value: random.int(5) })])),
    );
    const client: SimulatedClient = (_op, { random }) => ({
      type: random.bool(0.1) ? "info" : "ok",
      latencyNs: random.int(100),
    });
    const bytes = (seed: number) => JSON.stringify(simulate(work, { concurrency: 5, seed, client }).history);
    expect(bytes(4)).toBe(bytes(4));
    expect(bytes(4)).not.toBe(bytes(5));
  });

  test("of operations that end together one ends after the other, and what is free goes on in between", () => {
    const { history } = simulate(reads(4), { concurrency: 2 });
    expect(history.map(({ time, type }) => [time, type])).toEqual([
      [0, "invoke"],
      [0, "invoke"],
      [10, "ok"],
      [10, "invoke"],
      [10, "ok"],
      [10, "invoke"],
      [20, "ok"],
      [20, "ok"],
    ]);
  });

  test("an endless generator is an error with what to do", () => {
    expect(() => simulate(repeat({ f: "a" }), { operationsMax: 1_000 })).toThrow(
      /did not end within 1000 operations. Bound it/,
    );
  });

  test("keeps nothing when it is told so, and tells every event", () => {
    let events = 0;
    const result = simulate(reads(500), { keep: false, onEvent: () => events++ });
    expect(result).toMatchObject({ history: [], planned: [], operations: 500 });
    expect(events).toBe(1_000);
  });
});
