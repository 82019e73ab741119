import { type ChildProcess, spawn } from "node:child_process";
import { freemem } from "node:os";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { z } from "zod";
import { shellCommand } from "../control/argv.ts";
import { isJepsenError, JepsenError } from "../errors.ts";
import { shownPath } from "../store/store.ts";
import type { Suite, Verdict } from "../test.ts";
import { isTemporary } from "./cluster-choice.ts";
import { colors } from "./colors.ts";
import { EXIT } from "./exit-codes.ts";
import { type Combination, flagsFor } from "./idle-flags.ts";
import { addFlags, parseFlags } from "./option-flags.ts";
import { type ReportedRun, storedRun, unstartedRun } from "./reporters/reported-run.ts";
import { makeReporters, REPORTER_HELP, reportTo } from "./reporters/reporters.ts";
import { preparedRun } from "./run-command.ts";
import { findSuite } from "./suites.ts";
import { verdictWord } from "./verdict-text.ts";

const testAllOptions = z.object({
  workloads: z.array(z.string()).default(["all"]).describe("workloads to go through, or all"),
  nemeses: z
    .array(z.string())
    .optional()
    .describe(
      "faults to go through (those that the suite has by default, or none); several at a time with +, as in none,partition,partition+kill",
    ),
  seeds: z
    .string()
    .regex(/^(\d+\.\.\d+|\d+(,\d+)*)$/, "must be a list like 1,2,3 or a range like 1..20")
    .default("1")
    .describe("seeds to go through: a list or a range"),
  jobs: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("runs at the same time, each with its own local nodes; fewer when memory is short"),
  stopAtFailure: z.boolean().default(false).describe("end with the first run that is not valid"),
});

type TestAllOptions = z.infer<typeof testAllOptions>;

/** What one cluster with a database may take. */
const MEMORY_PER_JOB_BYTES = 2 * 2 ** 30;
const SEEDS_MAX = 10_000;

/** One run of the product. */
interface Cell {
  readonly workload: string;
  readonly nemesis: string;
  readonly seed: number;
}

interface CellResult extends Cell {
  readonly code: number;
  readonly valid: Verdict | undefined;
  readonly directory: string | undefined;
  readonly again: string;
  readonly says: string;
}

function seedsOf(text: string): readonly number[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  const large = text.split(/,|\.\./).find((seed) => !Number.isSafeInteger(Number(seed)));
  if (large !== undefined)
    throw new JepsenError("usage", `--seeds ${large} is too large: ${Number.MAX_SAFE_INTEGER} is the last.`);
  if (!range) return text.split(",").map(Number);
  const [first, last] = [Number(range[1]), Number(range[2])];
  if (last < first || last - first >= SEEDS_MAX) {
    throw new JepsenError("usage", `--seeds ${text} is no range of 1 to ${SEEDS_MAX} seeds.`);
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Every combination, seeds varying slowest, so that an early end has seen every combination once. */
export function cellsOf(
  workloads: readonly string[],
  nemeses: readonly string[],
  seeds: readonly number[],
): readonly Cell[] {
  return seeds.flatMap((seed) =>
    workloads.flatMap((workload) => nemeses.map((nemesis) => ({ workload, nemesis, seed }))),
  );
}

/** Everything that is to be run: a suite under its name, flags of `run`, and what they are combined with. */
interface Combinations {
  readonly name: string;
  readonly suite: Suite;
  readonly rest: readonly string[];
  readonly cells: readonly Cell[];
}

/** What makes a combination another one, whatever its seed. */
function keyOf({ workload, nemesis }: Cell): string {
  return `${workload} ${nemesis}`;
}

function asked({ workload, nemesis }: Cell): Combination {
  return { workload, nemesis: nemesis.split("+").filter((name) => name !== "none") };
}

/** How many runs at the same time: those asked for, as far as memory goes, at least one. */
export function jobsFor(asked: number, freeBytes: number): number {
  return Math.max(1, Math.min(asked, Math.floor(freeBytes / MEMORY_PER_JOB_BYTES)));
}

/** Exit code over several runs: invalid, then harness or usage, then interrupted, then unknown, then valid. */
export function exitCodeOfAll(codes: readonly number[]): number {
  const order = [EXIT.invalid, EXIT.harness, EXIT.usage, EXIT.interrupted, EXIT.unknown];
  return (
    order.find((code) => codes.includes(code)) ??
    (codes.every((code) => code === EXIT.valid) ? EXIT.valid : EXIT.harness)
  );
}

/** `test-all SUITE`: the product of workloads, faults and seeds, each in a process of its own. */
export async function testAllCommand(suiteName: string | undefined): Promise<Command> {
  const command = new Command("test-all").description(
    "run every combination of workloads, faults and seeds, and sum them up",
  );
  command.argument("<suite>", "as for run").argument("[flags...]", "flags of run, which hold for every combination");
  addFlags(command, testAllOptions, "Combinations:");
  command.option("--json", "print one JSON object instead of a table");
  command.option("--reporter <list>", REPORTER_HELP, (one: string, all: string[]) => [...all, one], [] as string[]);
  command.allowUnknownOption().addHelpText(
    "after",
    `
Every other flag goes to each run; those about a fault or a workload, to the runs with it.
Example:
  jepsen-ts test-all etcd --nemeses none,partition --seeds 1..3 --time-limit 20`,
  );
  command.action(async (_suite: string, rest: readonly string[], flags: Record<string, unknown>) => {
    const options = parseFlags(testAllOptions, flags) as TestAllOptions;
    const { suite } = await findSuite(suiteName ?? "");
    const known = Object.keys(suite.workloads);
    const wrong = options.workloads.find((name) => name !== "all" && !known.includes(name));
    if (wrong !== undefined)
      throw new JepsenError(
        "usage",
        `Suite ${suite.name} has no workload "${wrong}": choose from ${known.join(", ")}.`,
      );
    const workloads = options.workloads.includes("all") ? known : options.workloads;
    const taken = ["--workload", "--nemesis", "--seed", "--json"].find((flag) =>
      rest.some((word) => word === flag || word.startsWith(`${flag}=`)),
    );
    if (taken)
      throw new JepsenError("usage", `${taken} is chosen by test-all itself: use --workloads, --nemeses and --seeds.`);
    const byDefault = (suite.defaults?.nemesis as readonly string[] | undefined) ?? ["none"];
    const nemeses = options.nemeses ?? [byDefault.join("+")];
    const cells = cellsOf(workloads, nemeses, seedsOf(options.seeds));
    const reporters = await makeReporters(flags.reporter as readonly string[]);
    const all: Combinations = { name: suiteName ?? "", suite, rest, cells };
    await refuseWrong(all, options.jobs);
    const results = await runAll(all, options);
    if (flags.json) process.stdout.write(`${JSON.stringify({ runs: results })}\n`);
    else printTable(results, cells.length);
    if (reporters.length > 0)
      await reportTo(reporters, await Promise.all(results.map((result) => reportedCell(suite.name, result))));
    process.exitCode = exitCodeOfAll(results.map(({ code }) => code));
  });
  return command;
}

/** The command line of one combination. */
function argvOf({ name, rest, suite, cells }: Combinations, cell: Cell): readonly string[] {
  const all = [...new Map(cells.map((each) => [keyOf(each), asked(each)])).values()];
  const flags = flagsFor(rest, asked(cell), all, suite);
  const { nemesis, seed, workload } = cell;
  const chosen = ["--workload", workload, "--nemesis", nemesis.replaceAll("+", ","), "--seed", `${seed}`];
  return ["run", name, ...flags, ...chosen];
}

/** Whatever is wrong with a combination is found here, before the first one begins. Rejects with JepsenError "usage". */
async function refuseWrong(all: Combinations, jobs: number): Promise<void> {
  const each = new Map(all.cells.map((cell) => [keyOf(cell), cell]));
  for (const [name, cell] of each) {
    const { cluster } = await preparedRun(all.name, argvOf(all, cell)).catch((error: unknown) => {
      if (!isJepsenError(error, "usage") || each.size === 1) throw error;
      throw new JepsenError("usage", `${name}: ${error.message}`, error.data, error);
    });
    if (jobs > 1 && cluster.kind !== "none" && !isTemporary(cluster)) {
      const sentence = `--jobs ${jobs} needs nodes for each run, and these are the same for all: leave it out, or take local nodes.`;
      throw new JepsenError("usage", sentence);
    }
  }
}

async function reportedCell(suite: string, result: CellResult): Promise<ReportedRun> {
  const { again, code, directory, nemesis, seed, workload } = result;
  if (directory !== undefined) return { ...(await storedRun(directory, code)), again };
  return { ...unstartedRun(`${suite} ${workload} ${nemesis}`, suite, workload, result.says, code), seed, again };
}

async function runAll(all: Combinations, options: TestAllOptions): Promise<readonly CellResult[]> {
  const jobs = jobsFor(options.jobs, freemem());
  if (jobs < options.jobs) process.stderr.write(`Only ${jobs} at the same time: memory is short for more.\n`);
  const results: CellResult[] = [];
  const children = new Set<ChildProcess>();
  let stopped = false;
  const onSignal = (signal: NodeJS.Signals) => {
    stopped = true;
    for (const child of children) child.kill(signal);
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  const queue = [...all.cells];
  const worker = async () => {
    for (let cell = queue.shift(); cell && !stopped; cell = queue.shift()) {
      const result = await runCell(argvOf(all, cell), cell, children);
      results.push(result);
      process.stderr.write(
        `${results.length}/${all.cells.length}  ${cell.workload} ${cell.nemesis} seed ${cell.seed}: ${result.says}\n`,
      );
      if (options.stopAtFailure && result.code !== EXIT.valid) stopped = true;
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  process.removeListener("SIGTERM", onSignal);
  process.removeListener("SIGINT", onSignal);
  return results;
}

async function runCell(argv: readonly string[], cell: Cell, children: Set<ChildProcess>): Promise<CellResult> {
  const main = fileURLToPath(new URL("main.js", import.meta.url));
  // a process group of its own: Ctrl-C reaches it once, through us
  const child = spawn(process.execPath, [main, ...argv, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  children.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr = (stderr + chunk).slice(-4096);
  });
  const code = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(EXIT.harness));
    child.once("close", (ended) => resolve(ended ?? EXIT.harness));
  });
  children.delete(child);
  const result =
    stdout === "" ? undefined : (JSON.parse(stdout) as { valid: Verdict; directory: string; summary?: string });
  const again = shellCommand(["jepsen-ts", ...argv]);
  const lastWords = stderr
    .trim()
    .split("\n")
    .findLast((line) => line !== "" && !line.startsWith("("));
  const valid = result?.valid;
  const says = isPlanned({ code, valid })
    ? "can be run"
    : code === EXIT.valid
      ? "valid"
      : code === EXIT.invalid
        ? `INVALID. ${result?.summary ?? ""}`
        : `${lastWords || result?.summary || ""} (exit ${code})`;
  return { ...cell, code, valid, directory: result?.directory, again, says };
}

type Outcome = Pick<CellResult, "code" | "valid">;

/** With --dry-run: nothing was run, so there is no verdict. */
function isPlanned({ code, valid }: Outcome): boolean {
  return code === EXIT.valid && valid === undefined;
}

const GROUPS: readonly (readonly [title: string, fits: (outcome: Outcome) => boolean])[] = [
  ["Planned", isPlanned],
  ["Valid", ({ code, valid }) => code === EXIT.valid && valid !== undefined],
  ["Unknown", ({ code }) => code === EXIT.unknown || code === EXIT.interrupted],
  ["Crashed", ({ code }) => code === EXIT.harness || code === EXIT.usage],
  ["Invalid", ({ code }) => code === EXIT.invalid],
];

function printTable(results: readonly CellResult[], wanted: number): void {
  for (const [title, fits] of GROUPS) {
    const group = results.filter(fits);
    if (group.length === 0) continue;
    process.stdout.write(`${colors.out.bold(`${title}: ${group.length}`)}\n`);
    for (const { workload, nemesis, seed, valid, directory, again, code } of group) {
      const where = directory === undefined ? "" : `  ${shownPath(directory)}`;
      const word = valid === undefined ? `exit ${code}` : verdictWord(valid);
      process.stdout.write(`  ${word}  ${workload} ${nemesis} seed ${seed}${where}\n`);
      if (code !== EXIT.valid) process.stdout.write(`         ${again}\n`);
    }
  }
  if (results.length < wanted) process.stdout.write(`Not run: ${wanted - results.length}\n`);
}
