/**
 * `npm run bench -- checker [--corpus DIR] [--only TEXT]`: how long the linearizability checker takes, as a table of
 * medians. `--corpus`: a folder of histories in any format that can be read, to be checked as cas-registers.
 */

import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { type CheckOptions, checkLinearizable } from "../src/checker/linearizable/check.ts";
import type { LinearizableResult } from "../src/checker/linearizable/result.ts";
import { monotonicMs } from "../src/clock.ts";
import { JepsenError } from "../src/errors.ts";
import type { Op } from "../src/history/op.ts";
import { readHistory } from "../src/history/readers/detect.ts";
import { casRegister } from "../src/model/cas-register.ts";
import type { Model } from "../src/model/model.ts";
import { modelByName } from "../src/model/registry.ts";
import {
  casHistory,
  distinctHistory,
  queueHistory,
  setHistory,
  textHistory,
  withImpossibleRead,
} from "./checker-histories.ts";

/** A history, or several that are measured together, and what is expected of them. */
interface Row {
  readonly name: string;
  readonly model: Model;
  readonly goal: string;
  readonly options?: CheckOptions;
  histories(): readonly (readonly Op[])[];
}

/** Runs of each row: as many as fit in this time, but at least and at most so many. */
const ROW_MS = 5_000;
const RUNS_MIN = 3;
const RUNS_MAX = 200;
/** A check that takes longer counts as undecided. */
const LIMIT_MS = 10_000;
const SEEDS = 30;

const rows: readonly Row[] = [
  {
    name: "10 k operations, 20 open at a time, 200 crashed writes and swaps",
    model: casRegister(),
    goal: "< 1 s",
    histories: () => [casHistory({ operations: 10_000, processes: 20, crashes: 200, seed: 1, values: 5 })],
  },
  {
    name: "the same with reads and writes only",
    model: casRegister(),
    goal: "< 1 s",
    histories: () => [
      casHistory({ operations: 10_000, processes: 20, crashes: 200, seed: 1, values: 5, mix: ["read", "write"] }),
    ],
  },
  {
    name: "100 k operations on 200 keys, 20 open at a time, 1 % crashed",
    model: casRegister(),
    goal: "< 1 s",
    histories: () => [casHistory({ operations: 100_000, processes: 20, crashes: 1000, seed: 1, values: 5, keys: 200 })],
  },
  {
    name: "1 M operations on a register with distinct values, 10 open",
    model: modelByName("register"),
    goal: "< 2 s",
    histories: () => [distinctHistory({ operations: 1_000_000, processes: 10, crashes: 0, seed: 1 })],
  },
  {
    name: "one key: 50 clients, 2 000 get, put, append",
    model: modelByName("key-value"),
    goal: "< 20 ms",
    histories: () => [textHistory({ operations: 2_000, processes: 50, crashes: 0, seed: 1 })],
  },
  {
    name: "1 000 operations on one cas key, 20 open, 20 % crashed",
    model: casRegister(),
    goal: "< 5 ms",
    histories: () => [casHistory({ operations: 1_000, processes: 20, crashes: 200, seed: 1, values: 5 })],
  },
  {
    name: "100 k operations on a fifo queue, 10 open",
    model: modelByName("fifo-queue"),
    goal: "< 1 s",
    histories: () => [queueHistory({ operations: 100_000, processes: 10, crashes: 0, seed: 1 })],
  },
  {
    name: "100 k operations on a set, 10 open",
    model: modelByName("set"),
    goal: "< 1 s",
    histories: () => [setHistory({ operations: 100_000, processes: 10, crashes: 0, seed: 1 })],
  },
];

/** Measures and prints the table. Throws JepsenError "usage" for flags that it does not know. */
export async function bench(args: readonly string[]): Promise<void> {
  const { corpus, only } = flags(args);
  const wanted = (name: string) => only === undefined || name.includes(only);
  print(["what", "verdict", "median ms", "best", "worst", "cpu ms", "runs", "engine MB", "rss MB", "goal"]);
  if (corpus !== undefined) await benchCorpus(corpus);
  for (const row of rows.filter(({ name }) => wanted(name))) benchRow(row);
  const impossible = `the same with an impossible read at 90 %, no pre-checks, ${SEEDS} seeds`;
  if (wanted(impossible)) benchImpossible(impossible);
}

function flags(args: readonly string[]): { readonly corpus?: string | undefined; readonly only?: string | undefined } {
  try {
    const options = { corpus: { type: "string" }, only: { type: "string" } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new JepsenError("usage", "Use: npm run bench -- checker [--corpus DIR] [--only TEXT].", { args }, cause);
  }
}

/** Every history of a folder by itself, and all together. */
async function benchCorpus(directory: string): Promise<void> {
  const model = casRegister();
  const files = readdirSync(directory).sort();
  const histories: (readonly Op[])[] = [];
  for (const file of files) {
    const { history } = await readHistory(join(directory, file));
    if (history.some(({ f }) => !model.fs.includes(f))) continue;
    histories.push(history);
    benchRow({ name: basename(file), model, goal: "", histories: () => [history] });
  }
  const name = `all ${histories.length} cas-register histories of the corpus`;
  benchRow({ name, model, goal: "10 logs: ≤ 1 ms", histories: () => histories });
}

function benchRow({ name, model, goal, options, histories }: Row): void {
  const made = histories();
  const times: Time[] = [];
  const began = monotonicMs();
  let results: LinearizableResult[] = [];
  let bytes = 0;
  while (times.length < RUNS_MIN || (times.length < RUNS_MAX && monotonicMs() - began < ROW_MS)) {
    const time = stopwatch();
    results = made.map((history) =>
      checkLinearizable(model, history, { explain: false, timeMs: LIMIT_MS, ...options }),
    );
    times.push(time());
    bytes = Math.max(...results.map(({ memoryBytes }) => memoryBytes));
  }
  const verdicts = results.map(({ valid }) => valid);
  const verdict = verdicts.length === 1 ? String(verdicts[0]) : counted(verdicts.map(String));
  printTimes(name, verdict, times, bytes, goal);
}

/** How many of the seeds are decided, and how fast: what takes exhausting all possibilities. */
function benchImpossible(name: string): void {
  const times: Time[] = [];
  const verdicts: string[] = [];
  let bytes = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const good = casHistory({ operations: 1_000, processes: 20, crashes: 200, seed, values: 5 });
    const history = withImpossibleRead(good, 0.9);
    const time = stopwatch();
    const result = checkLinearizable(casRegister(), history, {
      explain: false,
      timeMs: LIMIT_MS,
      tuning: { reachability: false },
    });
    times.push(time());
    verdicts.push(String(result.valid));
    bytes = Math.max(bytes, result.memoryBytes);
  }
  printTimes(name, counted(verdicts), times, bytes, `${SEEDS} decided in 10 s`);
}

/** `true 3, false 7`. */
function counted(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${word} ${count}`).join(", ");
}

/** Milliseconds of one run: by the clock, and of all the program's threads. On a busy machine the latter tells more. */
interface Time {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Starts; the function answers what it took until then. */
function stopwatch(): () => Time {
  const from = monotonicMs();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { ms: monotonicMs() - from, cpuMs: (user + system) / 1000 };
  };
}

function printTimes(name: string, verdict: string, times: readonly Time[], bytes: number, goal: string): void {
  const ms = times.map((time) => time.ms).sort((a, b) => a - b);
  const cpuMs = times.map((time) => time.cpuMs).sort((a, b) => a - b);
  const show = (value: number | undefined) => (value as number).toFixed((value as number) < 10 ? 3 : 0);
  const rss = process.memoryUsage().rss;
  const middle = times.length >> 1;
  const cells = [ms[middle], ms[0], ms.at(-1), cpuMs[middle]].map(show);
  print([name, verdict, ...cells, String(times.length), megabytes(bytes), megabytes(rss), goal]);
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

const WIDTHS = [68, 16, 10, 9, 9, 9, 5, 10, 7];

function print(cells: readonly string[]): void {
  const line = cells.map((cell, i) =>
    i === 0 || i === 1 ? cell.padEnd(WIDTHS[i] ?? 0) : cell.padStart(WIDTHS[i] ?? 0),
  );
  process.stdout.write(`${line.join("  ").trimEnd()}\n`);
}
