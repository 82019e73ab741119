import { monitorEventLoopDelay } from "node:perf_hooks";
import { monotonicMs, monotonicNs, sleep } from "../clock.ts";
import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import { toGenerator } from "../generator/data.ts";
import { Threads } from "../generator/threads.ts";
import type {
  Client,
  Completion,
  Generator,
  GeneratorLike,
  Invocation,
  Nemesis,
  Op,
  PlannedOp,
  Process,
  Test,
  Thread,
} from "../test.ts";

/** What an interpreter needs. */
export interface InterpreterOptions {
  readonly test: Test;
  readonly client: Client;
  /** By lane: `nemesis:<family>`. */
  readonly nemeses: ReadonlyMap<string, Nemesis>;
  readonly seed: number;
  /** Takes every event in order; a returned promise is backpressure. */
  readonly journal: (op: Op) => void | Promise<void>;
  /** An operation that takes longer is recorded as info, and its late answer is thrown away. */
  readonly operationTimeoutMs: number;
  readonly nemesisTimeoutMs: number;
  /** A run in which nothing happens for so long, and nothing is in flight, ends with JepsenError "stalled". */
  readonly stallMs: number;
  /** Ends everything at once. */
  readonly abort: AbortSignal;
}

/** What a phase came to. */
export interface PhaseSummary {
  readonly phase: string;
  readonly operations: number;
  readonly ms: number;
}

const CLOSE_TIMEOUT_MS = 5_000;
const POLL_MS = 1;
/** The event loop gets a turn at least so often, also when clients answer at once. */
const TURN_MS = 5;
const LAG_RESOLUTION_MS = 5;

interface InFlight {
  readonly thread: Thread;
  readonly invocation: Invocation;
  readonly deadlineMs: number;
  readonly abort: AbortController;
}

/** The one loop that asks the generator, drives clients and nemeses, and writes the history. */
export class Interpreter {
  readonly #options: InterpreterOptions;
  readonly #threads: Threads;
  readonly #clients = new Map<Thread, Promise<Client>>();
  readonly #closing = new Set<Promise<void>>();
  readonly #inFlight = new Map<Thread, InFlight>();
  readonly #sleeping = new Map<Thread, number>();
  readonly #done: { flight: InFlight; completion: Completion; timeNs: number }[] = [];
  readonly #startNs = monotonicNs();
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  readonly #openFailures = new Set<string>();
  #wake: (() => void) | undefined;
  #index = 0;
  #lastNs = -1;
  #lastProgressMs = monotonicMs();
  #emitted = 0;

  constructor(options: InterpreterOptions) {
    this.#options = options;
    this.#threads = new Threads(options.test.concurrency, [...options.nemeses.keys()] as Thread[], options.seed);
    this.#lag.enable();
  }

  /** Milliseconds that the event loop was late: the harness's own stalls, which are no slow database. */
  lag(): { readonly maxMs: number; readonly p99Ms: number } {
    const over = (ns: number) => Math.max(0, Math.round(ns / 1e5) / 10 - LAG_RESOLUTION_MS);
    return { maxMs: over(this.#lag.max), p99Ms: over(this.#lag.percentile(99)) };
  }

  /**
   * Runs a generator to its end; processes, clients and time go on from phase to phase. `stop`: no new operations, and
   * the phase ends when those in flight have. Rejects with JepsenError "generator", "client", "stalled", "disk" or
   * "aborted"; operations in flight are recorded as info before that.
   */
  async run(
    phase: string,
    generator: GeneratorLike,
    options: { readonly stop?: AbortSignal } = {},
  ): Promise<PhaseSummary> {
    const startedMs = monotonicMs();
    const before = this.#emitted;
    const onSignal = () => this.#wake?.();
    options.stop?.addEventListener("abort", onSignal);
    this.#options.abort.addEventListener("abort", onSignal);
    this.#lastProgressMs = monotonicMs();
    try {
      await this.#loop(phase, toGenerator(generator), options.stop);
    } catch (error) {
      await this.#giveUpInFlight(messageOf(error));
      throw error;
    } finally {
      options.stop?.removeEventListener("abort", onSignal);
      this.#options.abort.removeEventListener("abort", onSignal);
    }
    return { phase, operations: this.#emitted - before, ms: monotonicMs() - startedMs };
  }

  /** Closes all clients; bounded. */
  async close(): Promise<void> {
    this.#lag.disable();
    for (const thread of [...this.#clients.keys()]) this.#closeClient(thread);
    const waiting = new AbortController();
    await Promise.race([Promise.all(this.#closing), sleep(CLOSE_TIMEOUT_MS, waiting.signal).catch(() => {})]);
    waiting.abort();
  }

  async #loop(phase: string, first: Generator | undefined, stop: AbortSignal | undefined): Promise<void> {
    const { abort } = this.#options;
    let generator = first;
    let turnMs = monotonicMs();
    for (;;) {
      abort.throwIfAborted();
      generator = await this.#takeCompletions(generator);
      this.#endSleeps();
      this.#endLate();
      if (this.#done.length > 0) continue;
      if (stop?.aborted) generator = undefined;
      if (!generator && this.#inFlight.size === 0 && (this.#sleeping.size === 0 || stop?.aborted)) {
        this.#endSleeps(Number.POSITIVE_INFINITY); // of a phase that was stopped
        return;
      }
      if (monotonicMs() - turnMs > TURN_MS) {
        await new Promise(setImmediate);
        turnMs = monotonicMs();
        if (this.#done.length > 0) continue;
      }
      const nowNs = this.#now();
      const step = this.#ask(phase, generator, nowNs);
      if (!step) {
        if (generator) generator = undefined;
        else await this.#wait(this.#nextDeadlineMs());
      } else if (step.op === "pending") {
        generator = toGenerator(step.next);
        this.#watch(phase);
        await this.#wait(POLL_MS);
      } else if (step.op.time > nowNs + 5e4) {
        await this.#wait(Math.min((step.op.time - nowNs) / 1e6, this.#nextDeadlineMs()));
      } else {
        generator = toGenerator(step.next);
        const event = await this.#dispatch(phase, step.op);
        if (event && generator) generator = toGenerator(this.#update(phase, generator, event));
      }
    }
  }

  #now(): number {
    return monotonicNs() - this.#startNs;
  }

  #ask(phase: string, generator: Generator | undefined, nowNs: number) {
    try {
      return generator?.next(this.#options.test, this.#threads.context(nowNs));
    } catch (error) {
      if (isJepsenError(error)) throw error;
      throw new JepsenError(
        "generator",
        `The generator of phase "${phase}" threw when asked for an operation: ${messageOf(error)}`,
        { phase },
        error,
      );
    }
  }

  #update(phase: string, generator: Generator, event: Op): GeneratorLike {
    try {
      return generator.update(this.#options.test, this.#threads.context(this.#now()), event);
    } catch (error) {
      throw new JepsenError(
        "generator",
        `The generator of phase "${phase}" threw at an update: ${messageOf(error)}`,
        { phase, event },
        error,
      );
    }
  }

  async #journal(op: Omit<Op, "index" | "time">, timeNs: number): Promise<Op> {
    const time = Math.max(Math.round(timeNs), this.#lastNs + 1);
    this.#lastNs = time;
    const event: Op = { index: this.#index++, time, ...op };
    const busy = this.#options.journal(event);
    if (busy) await busy;
    this.#lastProgressMs = monotonicMs();
    return event;
  }

  async #dispatch(phase: string, op: PlannedOp): Promise<Op | undefined> {
    const thread = this.#threads.threadOf(op.process);
    if (thread === undefined || !this.#threads.isFree(thread)) {
      throw new JepsenError(
        "generator",
        `The generator of phase "${phase}" gave an operation to process ${op.process}, which is not free.`,
        { phase, op },
      );
    }
    this.#threads.emitted(thread);
    if (op.type === "log") {
      this.#options.test.log(String(op.value));
      return undefined;
    }
    if (op.type === "sleep") {
      this.#threads.occupy(thread);
      this.#sleeping.set(thread, monotonicMs() + Number(op.value) * 1000);
      this.#lastProgressMs = monotonicMs();
      return undefined;
    }
    if (typeof op.f !== "string") {
      throw new JepsenError(
        "generator",
        `The generator of phase "${phase}" gave an operation without f: ${JSON.stringify(op)}.`,
        { phase, op },
      );
    }
    this.#emitted++;
    this.#threads.occupy(thread);
    const { nodes } = this.#options.test;
    const node = typeof thread === "number" ? nodes[thread % nodes.length] : undefined;
    const event = (await this.#journal(
      {
        type: "invoke",
        process: op.process,
        f: op.f,
        value: op.value === undefined ? null : op.value,
        ...(op.key === undefined ? {} : { key: op.key }),
        ...(node === undefined ? {} : { node }),
      },
      this.#now(),
    )) as Invocation;
    const timeoutMs = typeof thread === "number" ? this.#options.operationTimeoutMs : this.#options.nemesisTimeoutMs;
    const flight: InFlight = {
      thread,
      invocation: event,
      deadlineMs: monotonicMs() + timeoutMs,
      abort: new AbortController(),
    };
    this.#inFlight.set(thread, flight);
    void this.#invoke(flight, node);
    return event;
  }

  async #invoke(flight: InFlight, node: string | undefined): Promise<void> {
    const { test, nemeses } = this.#options;
    let completion: Completion;
    try {
      if (typeof flight.thread === "string") {
        const nemesis = nemeses.get(flight.thread);
        if (!nemesis) throw new JepsenError("generator", `There is no nemesis in lane ${flight.thread}.`);
        completion = await nemesis.invoke(test, flight.invocation, flight.abort.signal);
      } else {
        const client = await this.#client(flight.thread, node);
        completion = client ? await client.invoke(test, flight.invocation, flight.abort.signal) : NO_CLIENT;
      }
    } catch (error) {
      completion = {
        type: "info",
        error: { code: isJepsenError(error) ? error.code : "exception", message: messageOf(error) },
      };
    }
    this.#finish(flight, completion);
  }

  /** The thread's client, opened at need; undefined when it cannot be opened, which certainly did nothing. */
  async #client(thread: Thread, node: string | undefined): Promise<Client | undefined> {
    const { client, test } = this.#options;
    let open = this.#clients.get(thread);
    if (!open) {
      open = client.open(test, node ?? "");
      this.#clients.set(thread, open);
    }
    try {
      return await open;
    } catch (error) {
      if (this.#clients.get(thread) === open) this.#clients.delete(thread);
      const reason = messageOf(error);
      if (!this.#openFailures.has(reason)) test.log(`A client for ${node} cannot be opened: ${reason}`);
      this.#openFailures.add(reason);
      return undefined;
    }
  }

  #finish(flight: InFlight, completion: Completion): void {
    if (this.#inFlight.get(flight.thread) !== flight) return; // a late answer: it is recorded as info already
    this.#inFlight.delete(flight.thread);
    this.#done.push({ flight, completion, timeNs: this.#now() });
    this.#wake?.();
  }

  async #takeCompletions(first: Generator | undefined): Promise<Generator | undefined> {
    let generator = first;
    for (let taken = this.#done.shift(); taken; taken = this.#done.shift()) {
      const { flight, completion, timeNs } = taken;
      const { thread, invocation } = flight;
      if (completion?.type !== "ok" && completion?.type !== "fail" && completion?.type !== "info") {
        throw new JepsenError(
          "client",
          `The ${typeof thread === "number" ? "client" : "nemesis"} answered "${invocation.f}" with ${JSON.stringify(completion)}, which is no completion: its type must be ok, fail or info.`,
          { invocation },
        );
      }
      const { time: _time, index: _index, ...carried } = invocation;
      const { type, value, error, evidence } = completion;
      const event = await this.#journal(
        {
          ...carried,
          type,
          ...(value === undefined ? {} : { value }),
          ...(error === undefined ? {} : { error }),
          ...(evidence === undefined ? {} : { evidence }),
        },
        timeNs,
      );
      if (type === "info" && typeof thread === "number") await this.#renew(thread);
      this.#threads.release(thread);
      if (generator) generator = toGenerator(this.#update("", generator, event));
      if (type === "info") this.#threads.renumber(thread);
    }
    return generator;
  }

  /** After an unknown outcome the connection may still carry the old operation's answer. */
  async #renew(thread: Thread): Promise<void> {
    const client = await this.#clients.get(thread)?.catch(() => undefined);
    if (!client?.reusable) this.#closeClient(thread);
  }

  #closeClient(thread: Thread): void {
    const open = this.#clients.get(thread);
    this.#clients.delete(thread);
    if (!open) return;
    const closing = open
      .then((client) => client.close())
      .catch((error: unknown) => this.#options.test.log(`Closing a client: ${messageOf(error)}`))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #endSleeps(now = monotonicMs()): void {
    for (const [thread, until] of this.#sleeping) {
      if (until > now) continue;
      this.#sleeping.delete(thread);
      this.#threads.release(thread);
      this.#lastProgressMs = monotonicMs();
    }
  }

  /** Operations that are over their time end as info, whether or not their client heeds the signal. */
  #endLate(): void {
    const now = monotonicMs();
    for (const flight of this.#inFlight.values()) {
      if (flight.deadlineMs > now) continue;
      const message = `no answer within ${Math.round(now - flight.deadlineMs + this.#timeoutOf(flight.thread))} ms`;
      this.#finish(flight, { type: "info", error: { code: "timeout", message } });
      flight.abort.abort(new JepsenError("timeout", message));
      if (typeof flight.thread === "number") this.#closeClient(flight.thread);
    }
  }

  #timeoutOf(thread: Thread): number {
    return typeof thread === "number" ? this.#options.operationTimeoutMs : this.#options.nemesisTimeoutMs;
  }

  #nextDeadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const flight of this.#inFlight.values()) next = Math.min(next, flight.deadlineMs);
    for (const until of this.#sleeping.values()) next = Math.min(next, until);
    return Math.max(0, Math.min(next - monotonicMs(), 1000));
  }

  async #wait(ms: number): Promise<void> {
    if (this.#done.length > 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #watch(phase: string): void {
    if (this.#inFlight.size > 0 || this.#sleeping.size > 0) return;
    const idleMs = monotonicMs() - this.#lastProgressMs;
    if (idleMs < this.#options.stallMs) return;
    throw new JepsenError(
      "stalled",
      `Phase "${phase}" makes no progress: all threads are free, but its generator has been pending for ${Math.round(idleMs)} ms.`,
      { phase },
    );
  }

  /** The run ends: whatever is in flight is of unknown outcome. */
  async #giveUpInFlight(reason: string): Promise<void> {
    for (const flight of [...this.#inFlight.values()]) {
      flight.abort.abort(new JepsenError("aborted", reason));
      this.#finish(flight, { type: "info", error: { code: "aborted", message: reason } });
      if (typeof flight.thread === "number") this.#closeClient(flight.thread);
    }
    this.#sleeping.clear();
    try {
      await this.#takeCompletions(undefined);
    } catch {
      // the journal or a completion is what ended the run: its error is thrown by the caller
    }
  }
}

const NO_CLIENT: Completion = { type: "fail", error: { code: "no-client", message: "the client could not be opened" } };

export function startInterpreter(options: InterpreterOptions): Interpreter {
  return new Interpreter(options);
}

export type { Process };
