import { isClientOp, type OpType } from "../history/op.ts";
import { pairs } from "../history/pairs.ts";
import type { Checker, History, Result } from "../test.ts";
import { type Quantiles, quantileOfSorted, quantiles } from "./quantiles.ts";

/** How operations can end. */
type Outcome = Exclude<OpType, "invoke">;

/** Latencies of the operations with one `f` and one outcome. */
export interface LatencySummary {
  readonly f: string;
  readonly type: Outcome;
  readonly count: number;
  readonly latenciesMs: Quantiles;
}

/** A line over time: `points` are pairs of the middle of a window, in seconds since the start, and a value. */
export interface QuantileLine {
  readonly f: string;
  readonly quantile: number;
  /** Milliseconds. */
  readonly points: readonly (readonly [seconds: number, latencyMs: number])[];
}

/** How many operations of one `f` ended in one way per second. Windows without any have the value 0. */
export interface RateLine {
  readonly f: string;
  readonly type: Outcome;
  readonly points: readonly (readonly [seconds: number, operationsPerSecond: number])[];
}

/** What `perf` answers: everything that a plot needs. */
export interface PerfResult extends Result {
  readonly durationMs: number;
  /** By `f`, then ok, info, fail. */
  readonly latencies: readonly LatencySummary[];
  /** All outcomes together. */
  readonly quantileWindowSeconds: number;
  readonly quantileLines: readonly QuantileLine[];
  readonly rateWindowSeconds: number;
  readonly rateLines: readonly RateLine[];
}

/** Windows are one of these, the smallest that gives no more than WINDOWS_MAX. */
const WINDOW_SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const WINDOWS_MAX = 100;
const LINE_QUANTILES = [0.5, 0.95, 0.99, 1];
const OUTCOMES: readonly Outcome[] = ["ok", "info", "fail"];
const NS_PER_SECOND = 1e9;

/**
 * How fast operations were and how many there were over time: latencies by `f` and outcome, their quantiles .5 .95 .99 1
 * in windows, rates in windows. Always valid. Window lengths in seconds are chosen by the run's length unless given.
 */
export function perf(
  options: { readonly quantileWindowSeconds?: number; readonly rateWindowSeconds?: number } = {},
): Checker {
  return {
    async check(_test, history): Promise<PerfResult> {
      const groups = latenciesOf(history);
      const durationNs = history.at(-1)?.time ?? 0;
      const windowSeconds = windowFor(durationNs / NS_PER_SECOND);
      const quantileWindowSeconds = options.quantileWindowSeconds ?? windowSeconds;
      const rateWindowSeconds = options.rateWindowSeconds ?? windowSeconds;
      const latencies = groups.flatMap(({ f, type, latenciesMs }) => {
        const found = quantiles(latenciesMs);
        return found === undefined ? [] : [{ f, type, count: latenciesMs.length, latenciesMs: found }];
      });
      const count = latencies.reduce((sum, group) => sum + group.count, 0);
      return {
        valid: true,
        summary: `${count} operations ended within ${(durationNs / NS_PER_SECOND).toFixed(1)} s.`,
        durationMs: durationNs / 1e6,
        latencies,
        quantileWindowSeconds,
        quantileLines: quantileLines(groups, quantileWindowSeconds),
        rateWindowSeconds,
        rateLines: groups.map((group) => rateLine(group, rateWindowSeconds, durationNs)),
      };
    },
  };
}

/** Completed operations with one `f` and one outcome; the arrays belong together by position. */
interface Group {
  readonly f: string;
  readonly type: Outcome;
  readonly invokedNs: number[];
  readonly completedNs: number[];
  readonly latenciesMs: number[];
}

function latenciesOf(history: History): Group[] {
  const client = history.filter(isClientOp);
  const partner = pairs(client);
  const groups = new Map<string, Group>();
  for (const [position, op] of client.entries()) {
    const begun = client[partner[position] as number];
    if (op.type === "invoke" || begun === undefined) continue;
    const name = `${op.type} ${op.f}`;
    let group = groups.get(name);
    if (group === undefined) {
      group = { f: op.f, type: op.type, invokedNs: [], completedNs: [], latenciesMs: [] };
      groups.set(name, group);
    }
    group.invokedNs.push(begun.time);
    group.completedNs.push(op.time);
    group.latenciesMs.push((op.time - begun.time) / 1e6);
  }
  const order = (group: Group) => OUTCOMES.indexOf(group.type);
  return [...groups.values()].sort((a, b) => (a.f < b.f ? -1 : a.f > b.f ? 1 : order(a) - order(b)));
}

function windowFor(seconds: number): number {
  return WINDOW_SECONDS.find((length) => seconds / length <= WINDOWS_MAX) ?? seconds / WINDOWS_MAX;
}

/** Operations belong to the window in which they were invoked. */
function quantileLines(groups: readonly Group[], windowSeconds: number): QuantileLine[] {
  const byF = new Map<string, Map<number, number[]>>();
  for (const { f, invokedNs, latenciesMs } of groups) {
    const windows = byF.get(f) ?? new Map<number, number[]>();
    byF.set(f, windows);
    for (const [i, time] of invokedNs.entries()) {
      const window = Math.floor(time / NS_PER_SECOND / windowSeconds);
      const list = windows.get(window);
      if (list === undefined) windows.set(window, [latenciesMs[i] as number]);
      else list.push(latenciesMs[i] as number);
    }
  }
  return [...byF].flatMap(([f, windows]) => {
    const sorted = [...windows]
      .sort(([a], [b]) => a - b)
      .map(([window, list]) => [(window + 0.5) * windowSeconds, Float64Array.from(list).sort()] as const);
    return LINE_QUANTILES.map((quantile) => ({
      f,
      quantile,
      points: sorted.map(([seconds, latencies]) => [seconds, quantileOfSorted(latencies, quantile)] as const),
    }));
  });
}

/** Operations belong to the window in which they ended. */
function rateLine({ f, type, completedNs }: Group, windowSeconds: number, durationNs: number): RateLine {
  const counts = new Float64Array(Math.floor(durationNs / NS_PER_SECOND / windowSeconds) + 1);
  for (const time of completedNs) {
    const window = Math.floor(time / NS_PER_SECOND / windowSeconds);
    counts[window] = (counts[window] as number) + 1;
  }
  const points = Array.from(counts, (count, i) => [(i + 0.5) * windowSeconds, count / windowSeconds] as const);
  return { f, type, points };
}
