import { describe, expect, it } from "vitest";
import { type PerfResult, perf } from "../../src/checker/perf.ts";
import { quantiles } from "../../src/checker/quantiles.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { run } from "./run-checker.ts";

const second = 1e9;
/** One operation by a process of its own, from `from` to `to` in seconds. */
let process = 0;
function op(f: string, type: "ok" | "fail" | "info", from: number, to: number): Row[] {
  process++;
  return [
    [process, "invoke", f, null, { time: from * second }],
    [process, type, f, null, { time: to * second }],
  ];
}

const check = async (options: Parameters<typeof perf>[0], ...rows: readonly Row[][]) =>
  (await run(perf(options), historyOf(...rows.flat()))) as PerfResult;

describe("quantiles", () => {
  it("are at rank ⌊q·n⌋, the last at most", () => {
    expect(quantiles(Array.from({ length: 200 }, (_, i) => 200 - i))).toEqual({
      "0": 1,
      "0.5": 101,
      "0.95": 191,
      "0.99": 199,
      "1": 200,
    });
    expect(quantiles([7])).toEqual({ "0": 7, "0.5": 7, "0.95": 7, "0.99": 7, "1": 7 });
    expect(quantiles([])).toBeUndefined();
  });
});

describe("perf", () => {
  it("tells latencies by f and outcome", async () => {
    const { latencies } = await check(
      {},
      op("write", "ok", 0, 0.5),
      op("read", "fail", 1, 1.002),
      op("read", "ok", 2, 2.25),
    );
    expect(
      latencies.map(({ f, type, count, latenciesMs }) => [f, type, count, Math.round(latenciesMs["0.5"])]),
    ).toEqual([
      ["read", "ok", 1, 250],
      ["read", "fail", 1, 2],
      ["write", "ok", 1, 500],
    ]);
  });

  it("puts latencies into the window of the invocation, and rates into that of the end", async () => {
    const rows = [op("read", "ok", 0.5, 11), op("read", "ok", 1, 2), op("read", "ok", 25, 26)];
    const { quantileLines, rateLines } = await check({ quantileWindowSeconds: 10, rateWindowSeconds: 10 }, ...rows);
    expect(quantileLines.find(({ quantile }) => quantile === 1)!.points).toEqual([
      [5, 10_500],
      [25, 1000],
    ]);
    expect(rateLines).toEqual([
      {
        f: "read",
        type: "ok",
        points: [
          [5, 0.1],
          [15, 0.1],
          [25, 0.1],
        ],
      },
    ]);
  });

  it.each([
    [5, 0.1],
    [30, 0.5],
    [600, 10],
    [10_000_000, 100_000],
  ])("chooses windows by the length of the run: %d s", async (length, window) => {
    const result = await check({}, op("read", "ok", 0, length));
    expect(result.rateWindowSeconds).toBe(window);
    expect(result.rateLines[0]!.points.length).toBeLessThanOrEqual(101);
  });

  it("leaves faults and unfinished operations out, and has nothing against an empty history", async () => {
    const rows: Row[] = [
      ["nemesis", "invoke", "kill"],
      ["nemesis", "ok", "kill"],
      [0, "invoke", "read"],
    ];
    expect(await check({}, rows)).toMatchObject({ valid: true, latencies: [], rateLines: [] });
    expect(await check({})).toMatchObject({ valid: true, durationMs: 0 });
  });
});
