/** How fast generators give operations, and how fast the interpreter runs them: `npm run bench -- interpreter`. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { JepsenError } from "../src/errors.ts";
import {
  any,
  clients,
  concurrentKeys,
  cycle,
  imperfect,
  lane,
  limit,
  mix,
  naturals,
  repeat,
  type SimulationOptions,
  simulate,
  spaced,
  stagger,
  timeLimit,
} from "../src/generator/index.ts";
import { openJsonLinesWriter } from "../src/history/json-lines.ts";
import { startInterpreter } from "../src/interpreter/interpreter.ts";
import type { Client, GeneratorContext, GeneratorLike, Test } from "../src/test.ts";
import { count, row, stopwatch } from "./measure.ts";

const MIB = 1 << 20;
const SEED = 7;
/** Every tenth operation is of unknown outcome: a new process and a new client. */
const CRASH_EVERY = 10;

/**
 * Prints two tables. `--simulated N`: operations of each simulation (default 1 000 000). `--operations N`: operations
 * of each run of the interpreter (default 500 000; 5 000 000 shows that memory stays flat). `--threads N,M`: client
 * threads of those runs (default 10,1024). Throws JepsenError "usage".
 */
export async function bench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      simulated: { type: "string", default: "1000000" },
      operations: { type: "string", default: "500000" },
      threads: { type: "string", default: "10,1024" },
    },
  });
  benchGenerators(count(values.simulated));
  process.stdout.write("\n");
  row(
    "interpreter, history on disk",
    "events",
    "events/s",
    "per CPU s",
    "heap at 1/10",
    "halfway",
    "at end",
    "lag p99 ms",
  );
  for (const threads of values.threads.split(",")) await benchInterpreter(count(threads), count(values.operations));
}

/** Reads, writes and compare-and-sets of a register. */
function register(): GeneratorLike {
  const write = (_test: unknown, { random }: GeneratorContext) => ({ f: "write", value: random.int(5) });
  const cas = (_test: unknown, { random }: GeneratorContext) => ({ f: "cas", value: [random.int(5), random.int(5)] });
  return mix([[repeat({ f: "read" }), 2], write, cas]);
}

const faults = lane("kill", spaced(1, 0.25, cycle([{ f: "kill" }, { f: "start" }])));

const SHAPES: readonly (readonly [string, GeneratorLike, SimulationOptions])[] = [
  ["one operation over and over", clients(repeat({ f: "read" })), {}],
  ["reads, writes and cas", clients(register()), {}],
  ["the same, 1024 threads, crashes", clients(register()), { concurrency: 1_024, client: imperfect }],
  ["the same, staggered", clients(stagger(1e-6, register())), {}],
  ["keys of 300, groups of 5", clients(concurrentKeys(5, naturals(), () => limit(300, register()))), {}],
  ["the same, timed, beside faults", timeLimit(1e6, any(clients(register()), faults)), { lanes: ["kill"] }],
];

function benchGenerators(operations: number): void {
  row("generator, simulated", "operations", "ops/s", "per CPU s");
  for (const [name, generator, options] of SHAPES) {
    const run = (ops: number) =>
      simulate(limit(ops, generator), { concurrency: 10, keep: false, operationsMax: ops, seed: SEED, ...options });
    run(Math.min(operations, 50_000)); // so that the machine code is there
    const clock = stopwatch();
    run(operations);
    const { seconds, cpuSeconds } = clock();
    row(name, operations, operations / seconds, operations / cpuSeconds);
  }
}

async function benchInterpreter(threads: number, operations: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "jepsen-ts-bench-"));
  const path = join(directory, "history.jsonl");
  try {
    const writer = await openJsonLinesWriter(path);
    const heapMiB: number[] = [];
    let events = 0;
    const interpreter = startInterpreter({
      test: testOf(threads),
      client: noOpClient(),
      nemeses: new Map(),
      seed: SEED,
      journal: (op) => {
        events++;
        if (events === Math.ceil(operations / 5) || events === operations) heapMiB.push(heapInUse());
        return writer.append(op);
      },
      operationTimeoutMs: 10_000,
      nemesisTimeoutMs: 10_000,
      stallMs: 10_000,
      abort: new AbortController().signal,
    });
    const clock = stopwatch();
    await interpreter.run("main", clients(limit(operations, register())));
    await writer.close();
    const { seconds, cpuSeconds } = clock();
    heapMiB.push(heapInUse());
    await interpreter.close();
    const { size } = await stat(path);
    const name = `${threads} threads, 10 % crashes, ${Math.round(size / MIB)} MiB`;
    const heaps = heapMiB.map((each) => each.toFixed(1));
    row(name, events, events / seconds, events / cpuSeconds, ...heaps, interpreter.lag().p99Ms.toFixed(1));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Answers at once. */
function noOpClient(): Client {
  let calls = 0;
  const client: Client = {
    open: async () => client,
    invoke: async () => ({ type: ++calls % CRASH_EVERY === 0 ? "info" : "ok" }),
    close: async () => undefined,
  };
  return client;
}

function testOf(concurrency: number): Test {
  const none = () => {
    throw new JepsenError("internal", "A benchmark has no cluster.");
  };
  const nodes = ["n1", "n2", "n3", "n4", "n5"];
  return {
    name: "bench",
    suite: "bench",
    workload: "bench",
    nodes,
    concurrency,
    seed: SEED,
    options: {},
    cluster: { kind: "none", nodes, up: none, session: none, address: none, down: none, describe: none },
    client: noOpClient(),
    packages: [],
    generator: undefined,
    checker: { check: none },
    guard: none,
    barrier: none,
    log: (line) => process.stderr.write(`${line}\n`),
  };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** MiB that are really in use. */
function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / MIB;
}
