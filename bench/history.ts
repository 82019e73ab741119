/** How fast a large history is written, read and paired, and in how much memory: `npm run bench -- history`. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { clients, concurrentKeys, imperfect, limit, mix, naturals, repeat, simulate } from "../src/generator/index.ts";
import { loadHistory, openJsonLinesWriter } from "../src/history/json-lines.ts";
import { operations } from "../src/history/pairs.ts";
import type { GeneratorContext, GeneratorLike, Op } from "../src/test.ts";
import { count, row, stopwatch } from "./measure.ts";

const MIB = 1 << 20;
const SEED = 7;

/** What a reading process tells. */
interface Reading {
  readonly events: number;
  readonly pairs: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

/**
 * Prints a table. `--operations N`: operations of each history, two events each (default 1 000 000). Each history is
 * read and paired in a process of its own, whose peak memory is shown. Throws JepsenError "usage".
 */
export async function bench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { operations: { type: "string", default: "1000000" }, read: { type: "string" } },
  });
  if (values.read !== undefined) {
    process.stdout.write(JSON.stringify(await read(values.read)));
    return;
  }
  const total = count(values.operations);
  row("history of so many operations", "operations", "MiB on disk", "written s", "read+pair s", "CPU s", "peak MiB");
  await benchHistory("a register, 10 threads, crashes", total, small());
  await benchHistory("values of 4 KiB, a twentieth of it", Math.ceil(total / 20), large());
}

/** Keys of 300 operations with small values, as of the register workload. */
function small(): GeneratorLike {
  const write = (_test: unknown, { random }: GeneratorContext) => ({ f: "write", value: random.int(5) });
  return clients(concurrentKeys(5, naturals(), () => limit(300, mix([repeat({ f: "read" }), write]))));
}

/** Writes whose value is long; their completions refer to it. */
function large(): GeneratorLike {
  return clients((_test: unknown, { random }: GeneratorContext) => ({
    f: "write",
    value: String.fromCharCode(97 + random.int(26)).repeat(4_096),
  }));
}

async function benchHistory(name: string, total: number, generator: GeneratorLike): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "jepsen-ts-bench-"));
  const path = join(directory, "history.jsonl");
  try {
    const clock = stopwatch();
    await write(path, total, generator);
    const written = clock().seconds;
    const { size } = await stat(path);
    const program = `import(${JSON.stringify(import.meta.url)}).then(({ bench }) => bench(["--read", ${JSON.stringify(path)}]))`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", program]);
    const { seconds, cpuSeconds, pairs, peakMiB } = JSON.parse(stdout) as Reading;
    row(name, pairs, size / MIB, written.toFixed(1), seconds.toFixed(1), cpuSeconds.toFixed(1), peakMiB);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A simulated history, written in pieces, so that it is never in memory as a whole. */
async function write(path: string, total: number, generator: GeneratorLike): Promise<void> {
  const writer = await openJsonLinesWriter(path);
  const piece = 20_000;
  let [index, time, process] = [0, 0, 0];
  for (let done = 0; done < total; done += piece) {
    const operationsMax = Math.min(piece, total - done);
    const { history, endTime } = simulate(limit(operationsMax, generator), {
      concurrency: 10,
      seed: SEED + done,
      client: imperfect,
      operationsMax,
    });
    let last = process;
    for (const op of history) {
      // process numbers and times go on where the piece before ended
      const moved: Op = { ...op, index: index++, time: op.time + time, process: Number(op.process) + process };
      last = Math.max(last, Number(moved.process));
      await writer.append(moved);
    }
    process = last + 10 - (last % 10);
    time += endTime;
  }
  await writer.close();
}

async function read(path: string): Promise<Reading> {
  const clock = stopwatch();
  const { history } = await loadHistory(path);
  const paired = operations(history);
  const { seconds, cpuSeconds } = clock();
  const peakMiB = process.resourceUsage().maxRSS / 1_024;
  return { events: history.length, pairs: paired.length, seconds, cpuSeconds, peakMiB };
}
