import { join } from "node:path";
import { Attempts } from "./attempts.ts";
import { Barriers } from "./barrier.ts";
import { monotonicMs, monotonicNs, sleep } from "./clock.ts";
import { onAllNodes, onNodes } from "./control/on-nodes.ts";
import { isJepsenError, JepsenError, messageOf } from "./errors.ts";
import { fetchLogs } from "./fetch-logs.ts";
import { any, clients, lane, stagger, windows } from "./generator/index.ts";
import { HeldNodes } from "./held-nodes.ts";
import { openJsonLinesWriter } from "./history/json-lines.ts";
import { type Interpreter, startInterpreter } from "./interpreter/interpreter.ts";
import { ProcessWatch } from "./process-watch.ts";
import type { RunObserver, RunPlan, RunSignals } from "./run-plan.ts";
import { replaceJson } from "./store/atomic-file.ts";
import type { RunOutcome, RunPhase } from "./store/run-record.ts";
import { FILES } from "./store/store.ts";
import type { Db, GeneratorLike, Nemesis, Op, Test } from "./test.ts";

const SETUP_TRIES = 3;

/**
 * One test from nodes to a complete history. The order:
 *
 * 1. cluster up, nodes taken (lock and lease)
 * 2. database: setup on every node, then setupPrimary; up to three times after a JepsenError "setup"
 * 3. nemeses' and clients' setup
 * 4. phases: main (operations and faults, until the time limit) → heal (final generators of the faults) → settle →
 *    final reads
 * 5. nemeses' and clients' teardown, deaths of processes noted, logs fetched, database torn down, nodes given back
 *
 * Step 5 happens whatever went wrong before, every part of it bounded and by itself; its errors are problems beside
 * the verdict. A node that cannot be reached in step 5 is left alone for the rest of it, and named. The cluster is left to
 * the caller. Never rejects: failures are in the outcome.
 */
export async function runTest(plan: RunPlan, signals: RunSignals, observer: RunObserver): Promise<RunOutcome> {
  const run = new Run(plan, signals, observer);
  try {
    await run.live();
  } catch (error) {
    run.fail(error);
  }
  await run.end();
  return run.outcome();
}

class Run {
  readonly #plan: RunPlan;
  /** The user's, and the loss of a node as well. */
  readonly #signals: RunSignals;
  readonly #asked: RunSignals;
  readonly #nodes: HeldNodes;
  /** While something is being set up: ends it. */
  #settingUp: AbortController | undefined;
  readonly #observer: RunObserver;
  readonly #phases: RunPhase[] = [];
  readonly #startedMs = monotonicMs();
  readonly #attempts: Attempts;
  readonly #startedNs = monotonicNs();
  #failure: { code: string; message: string } | undefined;
  #watch: ProcessWatch | undefined;
  #interpreter: Interpreter | undefined;
  #lag: { maxMs: number; p99Ms: number } | undefined;
  #test: Test | undefined;
  #nemesesReady: Nemesis[] = [];
  #dbTouched = false;
  /** Every operation that was to be is in the history: whoever stops the run from then on cuts nothing off. */
  #isWhole = false;

  constructor(plan: RunPlan, signals: RunSignals, observer: RunObserver) {
    this.#plan = plan;
    this.#asked = signals;
    this.#observer = observer;
    this.#nodes = new HeldNodes(plan, (line) => observer.log(line));
    this.#attempts = new Attempts({
      partMs: plan.limits.teardownPartMs,
      isReached: (node) => this.#nodes.isReached(node),
      log: (line) => observer.log(line),
    });
    const { lost } = this.#nodes;
    // a run without its nodes ends at once, as a failure of its own: whoever has them now must not be disturbed
    lost.addEventListener("abort", () => this.fail(lost.reason));
    this.#signals = { stop: AbortSignal.any([signals.stop, lost]), abort: AbortSignal.any([signals.abort, lost]) };
  }

  outcome(): RunOutcome {
    return {
      phases: this.#phases,
      interrupted: (this.#asked.stop.aborted || this.#asked.abort.aborted) && !this.#isWhole,
      problems: this.#attempts.problems,
      ...(this.#failure ? { failure: this.#failure } : {}),
      ...(this.#lag ? { lag: this.#lag } : {}),
    };
  }

  fail(error: unknown): void {
    if (this.#nodes.lost.aborted && this.#failure) return; // what follows from the loss of a node
    if (this.#asked.abort.aborted || (this.#asked.stop.aborted && isJepsenError(error, "aborted"))) return; // asked for
    const code = error instanceof JepsenError ? error.code : "internal";
    this.#failure ??= { code, message: messageOf(error) };
    const stack = error instanceof JepsenError ? "" : `\n${(error as Error)?.stack ?? ""}`;
    this.#observer.log(`The run failed (${code}): ${messageOf(error)}${stack}`);
  }

  async #phase<T>(name: string, act: () => Promise<T>): Promise<T> {
    this.#observer.phase(name);
    const started = monotonicMs();
    try {
      return await act();
    } finally {
      const startMs = Math.round(started - this.#startedMs);
      this.#phases.push({ name, ms: Math.round(monotonicMs() - started), startMs });
    }
  }

  /** A phase of the interpreter, with what it did, also when it fails. */
  async #operations(
    interpreter: Interpreter,
    name: string,
    generator: GeneratorLike,
    stop?: AbortSignal,
  ): Promise<void> {
    try {
      await this.#phase(name, () => interpreter.run(name, generator, stop ? { stop } : {}));
    } finally {
      const [timed, summary] = [this.#phases.at(-1), interpreter.phases.at(-1)];
      if (timed !== undefined && summary?.phase === name) {
        const { outcome, operations, ok, fail, info, faults } = summary;
        this.#phases[this.#phases.length - 1] = { ...timed, did: { outcome, operations, ok, fail, info, faults } };
      }
    }
  }

  async live(): Promise<void> {
    const plan = this.#plan;
    const stop = this.#signals.stop;
    await this.#phase("cluster", async () => {
      await plan.cluster.up(stop);
      if (plan.suite.cluster !== "none") await this.#nodes.take();
    });
    const barriers = new Barriers(plan.cluster.nodes);
    const watch = plan.db ? new ProcessWatch(plan.db, () => monotonicNs() - this.#startedNs) : undefined;
    const test = this.#makeTest(barriers, watch?.watched());
    this.#test = test;
    if (test.db) await this.#phase("database", () => this.#setUpDatabase(test, test.db as Db));
    stop.throwIfAborted();
    this.#watch = watch;
    await watch?.start(test);
    if (test.db?.versions) {
      const db = test.db;
      const ask = () => onAllNodes(test.nodes, async (node) => (await db.versions?.(test, node)) ?? {});
      await this.#observer.versions(Object.fromEntries(await this.#inTime("Asking for the database's versions", ask)));
    }
    await this.#phase("clients", () =>
      this.#inTime("The set-up of faults and clients", () => this.#setUpClients(test)),
    );
    await this.#runPhases(test);
  }

  /**
   * A part of the set-up, which ends in time, or when the run is to: systems and faults may hang there for ever. What
   * is given up goes no further on the nodes, which are torn down next.
   */
  async #inTime<T>(what: string, act: () => Promise<T>): Promise<T> {
    const { setupTimeoutMs } = this.#plan.limits;
    const giveUp = new AbortController();
    this.#settingUp = giveUp;
    const over = new AbortController();
    const stop = this.#signals.stop;
    const late = sleep(setupTimeoutMs, AbortSignal.any([stop, over.signal])).then(() => {
      const sentence = `${what} did not end within ${setupTimeoutMs / 1000} s: mend what it waits for, or give it more time with --setup-timeout.`;
      throw new JepsenError("timeout", sentence);
    });
    late.catch((error: unknown) => {
      if (!over.signal.aborted) giveUp.abort(error); // a session that was kept must outlive a set-up that went well
    });
    try {
      return await Promise.race([act(), late]);
    } finally {
      this.#settingUp = undefined;
      over.abort();
    }
  }

  #makeTest(barriers: Barriers, db: Db | undefined): Test {
    const plan = this.#plan;
    return {
      name: plan.name,
      suite: plan.suite.name,
      workload: plan.workloadName,
      nodes: plan.cluster.nodes,
      concurrency: plan.concurrency,
      seed: plan.seed,
      options: plan.options,
      directory: plan.directory,
      cluster: this.#nodes.fencedCluster(() => this.#settingUp?.signal),
      ...(db ? { db } : {}),
      client: this.#nodes.guardedClient(plan.workload.client),
      packages: plan.packages,
      generator:
        plan.ratePerSecond > 0 ? stagger(1 / plan.ratePerSecond, plan.workload.generator) : plan.workload.generator,
      checker: plan.checker,
      guard: (node) => this.#nodes.guard(node),
      barrier: (name, node, timeoutMs) => barriers.meet(name, node, timeoutMs),
      log: (line) => this.#observer.log(line),
    };
  }

  async #setUpDatabase(test: Test, db: Db): Promise<void> {
    this.#dbTouched = true;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#inTime("The database's set-up", async () => {
          await onAllNodes(test.nodes, (node) => db.setup(test, node));
          const [first] = test.nodes;
          if (first !== undefined) await db.setupPrimary?.(test, first);
        });
      } catch (error) {
        if (!isJepsenError(error, "setup") || attempt === SETUP_TRIES || this.#signals.stop.aborted) throw error;
        this.#observer.log(`Set-up failed (try ${attempt} of ${SETUP_TRIES}): ${messageOf(error)}`);
        await onNodes(test.nodes, (node) => db.teardown(test, node)); // the next set-up begins with a wipe of its own
      }
    }
  }

  async #setUpClients(test: Test): Promise<void> {
    const nemeses = test.packages.map((each) => each.nemesis);
    await Promise.all(
      nemeses.map(async (nemesis) => {
        this.#nemesesReady.push(nemesis); // a half-done set-up is torn down as well
        await nemesis.setup?.(test);
      }),
    );
    if (!test.client.setup) return;
    await onAllNodes(test.nodes, async (node) => {
      const client = await test.client.open(test, node);
      try {
        await client.setup?.(test);
      } finally {
        await client.close();
      }
    });
  }

  async #runPhases(test: Test): Promise<void> {
    const { limits, seed, directory, workload } = this.#plan;
    const writer = await openJsonLinesWriter(join(directory, FILES.history));
    const counts = { ok: 0, fail: 0, info: 0 };
    const inForce = new Map<string, string>();
    const interpreter = startInterpreter({
      test,
      client: test.client,
      nemeses: new Map(test.packages.map((each) => [`nemesis:${each.name}`, each.nemesis])),
      seed,
      journal: (op) => {
        if (op.type !== "invoke" && typeof op.process === "number") counts[op.type]++;
        else if (op.type !== "invoke") this.#noteFault(test, op, inForce);
        return writer.append(op);
      },
      operationTimeoutMs: limits.operationTimeoutMs,
      nemesisTimeoutMs: limits.nemesisTimeoutMs,
      stallMs: limits.stallMs,
      abort: this.#signals.abort,
    });
    this.#interpreter = interpreter;
    const ticking = setInterval(
      () => this.#observer.progress({ ...counts, fault: [...inForce.values()].join(", ") || undefined }),
      250,
    );
    const stop = this.#signals.stop;
    try {
      const faultLanes = test.packages.map((each) => lane(each.name, each.generator));
      // the window opens now, whatever time the first operation is planned for
      const main = windows([
        { from: 0, to: limits.timeLimitMs / 1000, generator: any(clients(test.generator), ...faultLanes) },
      ]);
      try {
        await this.#operations(interpreter, "main", main, stop);
      } finally {
        // also after a failure of the main phase, as far as the interpreter still works: a fault must not stay
        if (test.packages.length > 0 && !this.#signals.abort.aborted) {
          await this.#heal(test, interpreter);
        }
      }
      if (workload.finalGenerator === undefined) this.#isWhole = !this.#isCut();
      else if (!stop.aborted) {
        await this.#phase("settle", () => sleep(limits.settleMs, stop));
        await this.#operations(interpreter, "final reads", clients(workload.finalGenerator));
        this.#isWhole = true;
      }
    } finally {
      clearInterval(ticking);
      await this.#attempts.do("Closing clients", () => interpreter.close());
      this.#lag = interpreter.lag();
      await writer.close();
    }
  }

  async #heal(test: Test, interpreter: Interpreter): Promise<void> {
    const finals = test.packages.map((each) => lane(each.name, each.finalGenerator));
    const { healMs } = this.#plan.limits;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), healMs);
    try {
      await this.#operations(interpreter, "heal", any(...finals), late.signal);
    } finally {
      clearTimeout(timer);
      if (late.signal.aborted)
        this.#attempts.problem(
          `Healing did not end within ${healMs / 1000} s: the rest of it is left to the teardown.`,
        );
    }
  }

  /** Whether the main phase was ended early, or the faults were not undone after it. */
  #isCut(): boolean {
    return this.#signals.abort.aborted || this.#phases.some(({ did }) => did?.outcome === "stopped");
  }

  #noteFault(test: Test, op: Pick<Op, "f" | "type" | "evidence" | "error">, inForce: Map<string, string>): void {
    for (const { name, bands } of test.packages) {
      for (const band of bands) {
        if (band.start.includes(op.f) && op.type !== "fail") inForce.set(name, name);
        if (band.stop.includes(op.f)) inForce.delete(name);
      }
    }
    const why = op.evidence?.summary ?? op.error?.message;
    this.#observer.log(`${op.f}: ${op.type}${why ? `. ${why}` : ""}`);
  }

  async end(): Promise<void> {
    const test = this.#test;
    this.#nodes.rememberUnreached();
    this.#attempts.allWithin(this.#plan.limits.teardownMs);
    await this.#attempts.do("Asking whose the nodes are", () => this.#nodes.askWhose());
    if (test) await this.#phase("teardown", () => this.#tearDown(test));
    if (test && this.#dbTouched) {
      await this.#phase("logs", () => this.#attempts.do("Fetching logs", () => this.#fetchLogs(test)));
      const act = () => onAllNodes(this.#reached(test.nodes), async (node) => test.db?.teardown(test, node));
      await this.#phase("database down", () => this.#attempts.do("Database teardown", act));
    }
    this.#attempts.allWithin(Number.POSITIVE_INFINITY); // whatever went before, the nodes are given back
    await this.#attempts.do("Giving nodes back", () => this.#nodes.release());
    for (const sentence of this.#nodes.leftAsTheyWere()) this.#attempts.problem(sentence);
  }

  /** Those on which anything may and can be done. */
  #reached(nodes: readonly string[]): readonly string[] {
    return nodes.filter((node) => !this.#nodes.isLost(node) && this.#nodes.isReached(node));
  }

  async #tearDown(test: Test): Promise<void> {
    for (const nemesis of this.#nemesesReady)
      await this.#attempts.do("Nemesis teardown", async () => nemesis.teardown?.(test));
    if (this.#interpreter && test.client.teardown)
      await this.#attempts.do("Client teardown", async () => this.#tearDownClients(test));
    if (this.#watch) {
      const watch = this.#watch;
      await this.#attempts.do("Looking at the processes", async () =>
        replaceJson(
          join(this.#plan.directory, FILES.processes),
          (await watch.stop(test)).filter(({ node }) => !this.#nodes.isLost(node)), // another run's doing
        ),
      );
    }
  }

  async #tearDownClients(test: Test): Promise<void> {
    await onAllNodes(this.#reached(test.nodes), async (node) => {
      const client = await test.client.open(test, node);
      try {
        await client.teardown?.(test);
      } finally {
        await client.close();
      }
    });
  }

  async #fetchLogs(test: Test): Promise<void> {
    const { problems } = await fetchLogs({ ...test, nodes: this.#reached(test.nodes) }, this.#plan.directory);
    this.#attempts.problems.push(...problems);
  }
}
