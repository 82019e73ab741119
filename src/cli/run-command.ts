import { randomBytes, randomInt } from "node:crypto";
import { join } from "node:path";
import { Command } from "commander";
import { type FaultSchedule, readSchedule } from "../../nemesis/schedule.ts";
import { TURNS, type Turns } from "../../nemesis/turns.ts";
import { type Assembly, chooseWorkload } from "../assemble.ts";
import { sleep, wallClock } from "../clock.ts";
import { shellCommand } from "../control/argv.ts";
import { isJepsenError, messageOf } from "../errors.ts";
import { runTest } from "../run.ts";
import type { RunPlan } from "../run-plan.ts";
import { replaceJson } from "../store/atomic-file.ts";
import type { RunOutcome, RunRecord } from "../store/run-record.ts";
import { createRun, FILES, shownPath, writeRecord } from "../store/store.ts";
import type { Cluster, Options, Result, Suite } from "../test.ts";
import {
  type ClusterOptions,
  chooseCluster,
  clusterOptions,
  isTemporary,
  LOCAL_NODES,
  NoCluster,
} from "./cluster-choice.ts";
import { printPlan } from "./dry-run.ts";
import { environment } from "./environment.ts";
import { EXIT, exitCodeOf, exitCodeOfRun, isUsersToMend } from "./exit-codes.ts";
import { TARGETS_HELP } from "./family-options.ts";
import { refuseIdleFlags, refuseNodeFlags } from "./idle-flags.ts";
import { againCommand, recordedLimits, recordUnjudged } from "./judge.ts";
import { judgeInChild } from "./judge-child.ts";
import { addFlags, parseFlags } from "./option-flags.ts";
import { makePlan, nemesisNames } from "./plan.ts";
import { type Replay, readReplay } from "./replay.ts";
import { reportedRun, unstartedRun } from "./reporters/reported-run.ts";
import { makeReporters, REPORTER_HELP, reportTo } from "./reporters/reporters.ts";
import { runObserver } from "./run-observer.ts";
import { faultOptions, parseConcurrency, runOptions } from "./run-options.ts";
import { listenToSignals } from "./run-signals.ts";
import { Story } from "./story.ts";
import { BUILT_IN, findSuite } from "./suites.ts";
import { printVerdict } from "./verdict-text.ts";

const STALL_MS = 60_000;
/** Healing and teardown end within five minutes: what heals last has begun, and all that is torn down is torn down by then. */
const NEMESIS_TIMEOUT_MS = 60_000;
const HEAL_MS = 120_000;
const TEARDOWN_MS = 90_000;
/** The download of one log takes less. */
const TEARDOWN_PART_MS = 30_000;
const TIDY_TIMEOUT_MS = 20_000;

/** Flags of the command itself, beside the schemas'. */
interface CommandFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly keepCluster?: boolean;
  readonly keepOnFailure?: boolean;
  readonly reporter?: readonly string[];
  readonly dryRun?: boolean;
}

/** The fault families that a suite brings, as far as they can be told without flags. */
function ownFaults(suite: Suite): readonly string[] {
  const own = suite.options.safeParse({});
  if (!suite.faults || !own.success) return [];
  const defaults = suite.defaults ?? {};
  const options = { ...parseFlags(runOptions, defaults), ...parseFlags(faultOptions, defaults), ...own.data };
  const context = { nodes: LOCAL_NODES, concurrency: LOCAL_NODES.length, options };
  return suite.faults(context, suite.db?.(context)).map(({ name }) => name);
}

/** `run SUITE`: the flags depend on the suite, so the command is made for it. */
export async function runCommand(
  suiteName: string | undefined,
  argv: readonly string[],
  act: typeof run = run,
): Promise<Command> {
  const command = new Command("run")
    .description("run one test: nodes, database, operations, faults, verdict, report")
    .alias("test");
  command.argument(
    "<suite>",
    `a built-in suite (${[...BUILT_IN.keys()].join(", ")}) or the path of your own TypeScript module`,
  );
  const found = suiteName === undefined || suiteName.startsWith("-") ? undefined : await findSuite(suiteName);
  addFlags(command, runOptions, "Test:", found?.suite.defaults);
  addFlags(command, faultOptions, "Faults:", found?.suite.defaults);
  addFlags(command, clusterOptions, "Nodes:");
  command.option("--keep-cluster", "leave the local nodes up afterwards");
  command.option("--keep-on-failure", "leave them up when the verdict is not valid");
  command.option("--replay <run>", "repeat a stored run: its flags and seed, and its faults at the same times");
  command.option("--json", "print one JSON object instead of words");
  command.option("-q, --quiet", "no story on stderr");
  command.option("--reporter <list>", REPORTER_HELP, (one: string, all: string[]) => [...all, one], [] as string[]);
  command.option("--dry-run", "say what would be run, and end: every flag is checked, nothing is touched");
  command.option(
    "-n, --node <name>",
    "one of your own machines; can be given several times",
    (one: string, all: string[]) => [...all, one],
    [] as string[],
  );
  if (found) {
    addFlags(command, found.suite.options, `Suite ${found.suite.name}:`);
    const workloads = Object.keys(found.suite.workloads).join(", ");
    command.addHelpText("after", `\nWorkloads of ${found.suite.name}: ${workloads}`);
    const faults = ownFaults(found.suite);
    if (faults.length > 0) command.addHelpText("after", `Faults of its own: ${faults.join(", ")}`);
  }
  command.addHelpText("after", TARGETS_HELP);
  command.addHelpText(
    "after",
    `
Examples:
  jepsen-ts run etcd --nemesis partition
  jepsen-ts run etcd --nemesis partition --partition one,majorities-ring --time-limit 120 --seed 7
  jepsen-ts run etcd --serializable --nemesis partition        (finds stale reads)
  jepsen-ts run etcd --nodes db1,db2,db3 --ssh-key ~/.ssh/lab  (machines of your own)
  jepsen-ts run ./my-suite.ts                                  (a system of your own)`,
  );
  command.action(async (_name: string, flags: CommandFlags & Record<string, unknown>, self: Command) => {
    const asked = found ?? (await findSuite(self.args[0] ?? ""));
    process.exitCode = await act(asked, flags, argv);
  });
  return command;
}

/** What this command line of `run` comes to, without running it. Rejects like the command itself. */
export async function preparedRun(suiteName: string, argv: readonly string[]): Promise<Prepared> {
  let prepared: Prepared | undefined;
  const command = await runCommand(suiteName, argv, async (found, flags) => {
    prepared = await prepare(found, flags);
    return EXIT.valid;
  });
  await command.exitOverride().parseAsync(argv.slice(1), { from: "user" });
  return prepared as Prepared;
}

interface Prepared {
  readonly suite: Suite;
  readonly cluster: Cluster;
  readonly assembly: Assembly;
  readonly options: Options;
  readonly concurrency: number;
  readonly seed: number;
  readonly nemesis: readonly string[];
  /** About faults that are left out. */
  readonly remarks: readonly string[];
}

/** Everything that can be wrong with the flags is found here, before anything is touched. */
async function prepare(
  { suite, reference }: { suite: Suite; reference: string },
  flags: Record<string, unknown>,
): Promise<Prepared> {
  const { node, ...others } = flags;
  const single = node as readonly string[];
  const explicit = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  if (suite.cluster === "none") refuseNodeFlags({ ...explicit, ...(single.length > 0 ? { node } : {}) }, suite.name);
  const replay =
    typeof flags.replay === "string"
      ? await readReplay(String(explicit.store ?? "store"), flags.replay, reference)
      : undefined;
  const { cluster: _cluster, ...recorded } = replay?.record.options ?? {};
  const given = {
    ...suite.defaults,
    ...recorded,
    ...(replay ? { seed: replay.record.seed, workload: replay.record.workload } : {}),
    ...explicit,
  };
  const run = parseFlags(runOptions, given);
  const fault = parseFlags(faultOptions, given);
  const nodes = [...(typeof flags.nodes === "string" ? [flags.nodes] : []), ...single];
  const clusterFlags = parseFlags(clusterOptions, {
    ...explicit,
    nodes: nodes.length > 0 ? nodes.join(",") : undefined,
  }) as ClusterOptions;
  const own = parseFlags(suite.options, given);
  const options: Options = { ...run, ...fault, ...clusterFlags, ...own };
  const cluster =
    suite.cluster === "none" ? new NoCluster(["n1", "n2", "n3", "n4", "n5"]) : await chooseCluster(clusterFlags, "run");
  const concurrency = parseConcurrency(String(options.concurrency), cluster.nodes.length);
  const asked = nemesisNames(options.nemesis as readonly string[]);
  const schedule = await scheduleFor(options.nemesisSchedule as string, explicit.nemesisSchedule ? undefined : replay);
  const workload = chooseWorkload(suite, options.workload as string | undefined, options);
  const turns = typeof schedule === "string" ? schedule : "fixed";
  refuseIdleFlags(explicit, { suite, workload, nemesis: asked, turns });
  const remarks: string[] = [];
  const assembly = makePlan({
    onSkip: (sentence) => remarks.push(sentence),
    suite,
    workload,
    nemesis: asked,
    nodes: cluster.nodes,
    concurrency,
    options,
    schedule,
  });
  const seed = (options.seed as number | undefined) ?? randomInt(2 ** 31);
  const nemesis = assembly.packages.map((each) => each.name); // without those that were left out
  return { suite, cluster, assembly, options, concurrency, seed, nemesis, remarks };
}

/** When the faults come: as in the run that is repeated, or as the flag says. */
async function scheduleFor(flag: string, replay: Replay | undefined): Promise<FaultSchedule | Turns> {
  if (replay) return replay.schedule ?? "random";
  return (TURNS as readonly string[]).includes(flag) ? (flag as Turns) : readSchedule(flag);
}

async function run(
  found: { suite: Suite; reference: string },
  flags: CommandFlags & Record<string, unknown>,
  argv: readonly string[],
): Promise<number> {
  const prepared = await prepare(found, flags);
  const reporters = await makeReporters(flags.reporter ?? []);
  if (flags.dryRun) {
    for (const remark of prepared.remarks) process.stderr.write(`${remark}\n`);
    printPlan(prepared, flags.json === true);
    return EXIT.valid;
  }
  const story = new Story({ quiet: flags.quiet === true || flags.json === true });
  const signals = listenToSignals(story);
  let keep = flags.keepCluster === true;
  let madeCluster = false;
  try {
    madeCluster = isTemporary(prepared.cluster);
    story.status("making nodes");
    await prepared.cluster.up(signals.stop);
    const { directory, record } = await startRecord(found.reference, prepared, argv);
    story.openFile(join(directory, FILES.log));
    for (const remark of prepared.remarks) story.line(remark);
    story.line(`Test ${record.name}, seed ${prepared.seed}, in ${shownPath(directory)}`);
    const outcome = await runTest(planOf(prepared, directory, record), signals, runObserver(story, directory, record));
    await replaceJson(join(directory, FILES.outcome), outcome);
    keep ||= flags.keepOnFailure === true && outcome.failure !== undefined;
    story.status("checking");
    const tidy =
      keep || flags.keepOnFailure === true ? Promise.resolve() : tidyUp(prepared.cluster, madeCluster, story);
    const results = await judgeInChild(directory, recordedLimits(record), signals.abort).catch((error: unknown) => {
      if (!isJepsenError(error, "corrupt")) throw error;
      return recordUnjudged(directory, `The run cannot be judged: ${error.message}`);
    });
    await tidy;
    keep ||= flags.keepOnFailure === true && results.valid !== true;
    const isCalledOff = signals.abort.aborted && results.valid === "unknown";
    const ended = isCalledOff ? { ...outcome, interrupted: true } : outcome;
    const code = conclude(directory, record, ended, results, flags, story);
    await reportTo(reporters, [reportedRun({ directory, record, outcome: ended, results }, code)]);
    return code;
  } catch (error) {
    if (signals.stop.aborted) {
      process.stderr.write(`${messageOf(error)}\n`);
      return EXIT.interrupted;
    }
    const { assembly, suite } = prepared;
    const name = `${suite.name} ${assembly.workloadName}`;
    const run = unstartedRun(name, suite.name, assembly.workloadName, messageOf(error), exitCodeOf(error));
    await reportTo(reporters, [run]);
    throw error;
  } finally {
    signals.dispose();
    if (keep && madeCluster) {
      const { id } = prepared.cluster.describe() as { id: string };
      story.line(
        `The nodes stay up: jepsen-ts cluster ssh --id ${id} n1; remove them with jepsen-ts cluster down ${id}`,
      );
      await prepared.cluster.down({ destroy: false });
    } else await tidyUp(prepared.cluster, madeCluster, story);
    await story.close();
  }
}

async function startRecord(
  reference: string,
  prepared: Prepared,
  argv: readonly string[],
): Promise<{ directory: string; record: RunRecord }> {
  const { assembly, cluster, concurrency, nemesis, options, seed, suite } = prepared;
  const date = wallClock();
  const name = [suite.name, assembly.workloadName, ...(nemesis.length > 0 ? [nemesis.join("+")] : [])].join(" ");
  const directory = await createRun(String(options.store), name, date);
  const record: RunRecord = {
    format: 1,
    name,
    suite: reference,
    workload: assembly.workloadName,
    nemesis: [...nemesis],
    seed,
    nodes: [...cluster.nodes],
    concurrency,
    options: { ...options },
    cluster: { ...cluster.describe() },
    startDate: date.toISOString(),
    command: [...argv],
    versions: {},
    environment: environment(),
  };
  await writeRecord(directory, record);
  return { directory, record };
}

function planOf(prepared: Prepared, directory: string, record: RunRecord): RunPlan {
  const { assembly, options } = prepared;
  return {
    name: record.name,
    suite: prepared.suite,
    ...assembly,
    cluster: prepared.cluster,
    concurrency: prepared.concurrency,
    seed: prepared.seed,
    options,
    directory,
    id: randomBytes(4).toString("hex"),
    healFirst: options.healFirst === true,
    ratePerSecond: Number(options.rate),
    limits: {
      timeLimitMs: Number(options.timeLimit) * 1000,
      operationTimeoutMs: Number(options.operationTimeout) * 1000,
      nemesisTimeoutMs: NEMESIS_TIMEOUT_MS,
      healMs: HEAL_MS,
      teardownPartMs: TEARDOWN_PART_MS,
      teardownMs: TEARDOWN_MS,
      stallMs: STALL_MS,
      setupTimeoutMs: Number(options.setupTimeout) * 1000,
      settleMs: Number(options.settle) * 1000,
      leaseSeconds: Number(options.lease),
    },
  };
}

/** Closes the cluster, and removes it if this run made it; at most TIDY_TIMEOUT_MS. Safe to call twice. */
async function tidyUp(cluster: Cluster, destroy: boolean, story: Story): Promise<void> {
  const waiting = new AbortController();
  const late = sleep(TIDY_TIMEOUT_MS, waiting.signal).then(
    () => story.line("Taking the nodes down takes too long: use `jepsen-ts cluster down` later."),
    () => {}, // it was down in time
  );
  const down = cluster
    .down({ destroy })
    .catch((error: unknown) => story.line(`Taking the nodes down: ${messageOf(error)}`));
  await Promise.race([down, late]);
  waiting.abort();
}

function conclude(
  directory: string,
  record: RunRecord,
  outcome: RunOutcome,
  results: Result,
  flags: CommandFlags,
  story: Story,
): number {
  const beforeStart =
    outcome.failure !== undefined &&
    isUsersToMend(outcome.failure.code) &&
    !outcome.phases.some(({ name }) => name === "main");
  const code = beforeStart ? EXIT.usage : exitCodeOfRun(results.valid, outcome);
  story.status("");
  if (beforeStart) process.stderr.write(`${outcome.failure?.message}\n`);
  if (flags.json) {
    const { valid, summary } = results;
    const paths = { directory, report: join(directory, FILES.report) };
    const again = shellCommand(againCommand(record));
    process.stdout.write(
      `${JSON.stringify({ valid, summary, exitCode: code, ...paths, seed: record.seed, again, outcome, results })}\n`,
    );
  } else if (!beforeStart) printVerdict({ directory, record, outcome, results });
  return code;
}
