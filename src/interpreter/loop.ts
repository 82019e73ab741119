import { monotonicMs } from "../clock.ts";
import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import { describe } from "../generator/describe.ts";
import { askFriendly, tellFriendly } from "../generator/friendly-errors.ts";
import { ThreadTable } from "../generator/thread-table.ts";
import { checkStep } from "../generator/validate.ts";
import type { Completion, GeneratorLike, Invocation, Op, PlannedOp, Process, Thread } from "../test.ts";
import { BusyList } from "./busy-list.ts";
import { ClientSlot } from "./client-slot.ts";
import { checkCompletion, completionOfThrown, noClient } from "./completion.ts";
import { type Lag, LagMeter } from "./lag.ts";
import type { InterpreterOptions } from "./options.ts";
import { type Event, Recorder } from "./recorder.ts";
import { type PhaseSummary, Tally } from "./tally.ts";
import { type Listener, nemesisExecutor, Worker } from "./worker.ts";

/** A generator that is pending for no known time is asked again so soon. */
const POLL_MS = 1;
/** Whatever it waits for, the loop looks around so often. */
const LOOK_MS = 10;
/** Operations are begun for so long before answers get their turn. */
const TURN_MS = 2;
/** After an error in a generator or client, those in flight get so long to end by themselves. */
const DRAIN_MS = 5_000;
const CLOSE_TIMEOUT_MS = 5_000;
const PROGRESS_MS = 200;

/** A completion on its way into the history. */
interface Arrival {
  readonly worker: Worker;
  readonly op: Invocation;
  readonly completion: Completion;
  readonly time: number;
}

/** The one loop; see `Interpreter`. */
export class Loop implements Listener {
  readonly phases: PhaseSummary[] = [];
  private readonly options: InterpreterOptions;
  private readonly table: ThreadTable;
  private readonly recorder: Recorder;
  private readonly lagMeter = new LagMeter();
  /** By slot of the thread table. */
  private readonly workers: readonly Worker[];
  private readonly busyClients = new BusyList<Worker>();
  private readonly busyLanes = new BusyList<Worker>();
  private readonly sleepers = new Set<Worker>();
  private readonly overdue = new Set<Worker>();
  private readonly arrivals: Arrival[] = [];
  private readonly onAbort = () => this.wake();
  private generator: GeneratorLike;
  private tally: Tally | undefined;
  /** A client or nemesis broke its contract. */
  private breach: JepsenError | undefined;
  private progressMs = 0;
  private reportedMs = 0;
  private resume: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: InterpreterOptions) {
    this.options = options;
    const { test, nemeses } = options;
    this.table = new ThreadTable(test.concurrency, [...nemeses.keys()] as Process[], options.seed);
    this.workers = this.table.all.threads.map((thread) => this.makeWorker(thread));
    this.recorder = new Recorder(options.journal, () => this.wake());
    options.abort.addEventListener("abort", this.onAbort);
  }

  private makeWorker(thread: Thread): Worker {
    const { test, client, nemeses, operationTimeoutMs, nemesisTimeoutMs } = this.options;
    if (typeof thread === "number") {
      const node = test.nodes[thread % test.nodes.length];
      const slot = new ClientSlot(test, client, node ?? "", CLOSE_TIMEOUT_MS);
      return new Worker(thread, node, operationTimeoutMs, slot, this);
    }
    const nemesis = nemeses.get(thread);
    if (nemesis === undefined) throw new JepsenError("internal", `There is no nemesis in lane ${thread}.`);
    return new Worker(thread, undefined, nemesisTimeoutMs, nemesisExecutor(test, nemesis), this);
  }

  async run(
    phase: string,
    generator: GeneratorLike,
    options: { readonly stop?: AbortSignal } = {},
  ): Promise<PhaseSummary> {
    if (this.tally !== undefined)
      throw new JepsenError("internal", `Phase "${phase}" was begun while "${this.tally.phase}" goes on.`);
    const { stop } = options;
    const tally = new Tally(phase, this.recorder.now());
    this.tally = tally;
    this.generator = generator;
    stop?.addEventListener("abort", this.onAbort);
    let outcome: PhaseSummary["outcome"] = "failed";
    try {
      await this.drive(stop);
      outcome = stop?.aborted ? "stopped" : "finished";
    } catch (error) {
      await this.giveUp(error);
      throw error;
    } finally {
      stop?.removeEventListener("abort", this.onAbort);
      this.phases.push(tally.summary(outcome, this.recorder.now()));
      this.tally = undefined;
    }
    return this.phases.at(-1) as PhaseSummary;
  }

  async close(): Promise<void> {
    this.options.abort.removeEventListener("abort", this.onAbort);
    await Promise.all(this.workers.map((worker) => worker.close()));
    this.lagMeter.stop();
  }

  lag(): Lag {
    return this.lagMeter.read();
  }

  /** Ends when the generator is exhausted and nothing is in flight. */
  private async drive(stop: AbortSignal | undefined): Promise<void> {
    this.progressMs = monotonicMs();
    for (;;) {
      this.throwIfEnded();
      const nowMs = monotonicMs();
      this.endLate(nowMs);
      this.endSleeps(stop?.aborted ? Number.POSITIVE_INFINITY : nowMs);
      this.record();
      if (stop?.aborted) this.generator = undefined;
      const { waitMs, openEnded } = this.recorder.waitingSinceMs === undefined ? this.begin() : WAIT_FOR_EVENTS;
      if (this.generator === undefined && this.isQuiet()) return;
      this.watch(nowMs, openEnded);
      this.report(nowMs);
      await this.idle(Math.min(waitMs, this.nextDeadlineMs() - nowMs, LOOK_MS));
    }
  }

  private throwIfEnded(): void {
    if (this.options.abort.aborted) throw new JepsenError("aborted", "The run was aborted.");
    if (this.recorder.failure !== undefined) throw this.recorder.failure;
    if (this.breach !== undefined) throw this.breach;
  }

  private isQuiet(): boolean {
    return this.inFlight() === 0 && this.sleepers.size === 0 && this.recorder.waitingSinceMs === undefined;
  }

  private inFlight(): number {
    return this.busyClients.size + this.busyLanes.size;
  }

  /** Begins operations until there is none to begin now; says how long to wait for the next. */
  private begin(): Wait {
    const { test } = this.options;
    const endMs = monotonicMs() + TURN_MS;
    for (;;) {
      if (this.generator === undefined) return WAIT_FOR_EVENTS;
      const context = this.table.context(this.recorder.now());
      const step = askFriendly(this.generator, test, context);
      checkStep(step, this.generator, context);
      if (step === undefined) {
        this.generator = undefined;
        return WAIT_FOR_EVENTS;
      }
      if (step.op === "pending") {
        this.generator = step.next ?? [];
        if (step.until !== undefined)
          return { waitMs: Math.max(POLL_MS, (step.until - context.time) / 1e6), openEnded: false };
        return { waitMs: context.freeCount === 0 ? LOOK_MS : POLL_MS, openEnded: true };
      }
      if (step.op.time > context.time) return { waitMs: (step.op.time - context.time) / 1e6, openEnded: false };
      this.generator = step.next;
      const nowMs = monotonicMs();
      this.emit(step.op, nowMs);
      if (this.recorder.waitingSinceMs !== undefined) return WAIT_FOR_EVENTS;
      if (nowMs > endMs) return { waitMs: 0, openEnded: false };
    }
  }

  private emit(op: PlannedOp, nowMs: number): void {
    const { test, nemeses } = this.options;
    const thread = this.table.threadOf(op.process) as Thread;
    const worker = this.workers[this.table.slotOf(thread) as number] as Worker;
    this.progressMs = nowMs;
    this.table.countEmitted(thread);
    if (op.type === "log") {
      test.log(String(op.value));
      return;
    }
    if (op.type === "sleep") {
      worker.sleepsUntilMs = nowMs + (op.value as number) * 1_000;
      this.sleepers.add(worker);
      this.table.occupy(thread);
      return;
    }
    const f = op.f as string;
    const fs = typeof thread === "string" ? nemeses.get(thread)?.fs : undefined;
    if (fs !== undefined && !fs.has(f)) {
      throw new JepsenError(
        "generator",
        `A generator gave the fault operation "${f}" to ${thread}, whose nemesis knows only ${[...fs].join(", ")}. Route it with lane("<family>", …).`,
        { op },
      );
    }
    const value = op.value === undefined ? null : op.value;
    const event: Mutable<Event> = { time: this.recorder.stamp(), type: "invoke", process: op.process, f, value };
    if (op.key !== undefined) event.key = op.key;
    if (worker.node !== undefined) event.node = worker.node;
    const invocation = this.recorder.write(event) as Invocation;
    this.tally?.count(invocation);
    this.table.occupy(thread);
    this.busyOf(worker).add(worker);
    worker.begin(invocation, nowMs);
    if (this.generator !== undefined)
      this.generator = tellFriendly(this.generator, test, this.table.context(invocation.time), invocation);
  }

  answered(worker: Worker, answer: unknown): void {
    const op = worker.op as Invocation;
    try {
      this.arrive(worker, op, checkCompletion(answer, op));
    } catch (error) {
      this.broken(worker, op, error as JepsenError);
    }
  }

  threw(worker: Worker, error: unknown): void {
    const op = worker.op as Invocation;
    if (isJepsenError(error, "client")) this.broken(worker, op, error);
    else this.arrive(worker, op, completionOfThrown(error));
  }

  letGo(worker: Worker): void {
    this.overdue.delete(worker);
    this.table.release(worker.thread);
    this.progressMs = monotonicMs();
    this.wake();
  }

  private broken(worker: Worker, op: Invocation, error: JepsenError): void {
    this.breach ??= error;
    this.arrive(worker, op, completionOfThrown(error));
  }

  private arrive(worker: Worker, op: Invocation, completion: Completion): void {
    worker.op = undefined;
    this.busyOf(worker).remove(worker);
    this.arrivals.push({ worker, op, completion, time: this.recorder.stamp() });
    this.wake();
  }

  private busyOf(worker: Worker): BusyList<Worker> {
    return typeof worker.thread === "number" ? this.busyClients : this.busyLanes;
  }

  /** Operations that are out of time end as info; those that were never sent, as fail. */
  private endLate(nowMs: number): void {
    for (const busy of [this.busyClients, this.busyLanes]) {
      for (let worker = busy.first; worker !== undefined && worker.deadlineMs <= nowMs; worker = busy.first) {
        const message = `no answer within ${worker.timeoutMs} ms`;
        const unsent = worker.isUnsent;
        const completion: Completion = unsent
          ? noClient(`the client for ${worker.node} could not be opened within ${worker.timeoutMs} ms`)
          : { type: "info", error: { code: "timeout", message } };
        this.abandon(worker, completion, new JepsenError("timeout", message), nowMs);
      }
    }
  }

  private abandon(worker: Worker, completion: Completion, reason: JepsenError, nowMs: number): void {
    const op = worker.op as Invocation;
    worker.abandon(reason, nowMs);
    if (worker.overdue !== undefined) this.overdue.add(worker);
    this.arrive(worker, op, completion);
  }

  private endSleeps(nowMs: number): void {
    for (const worker of this.sleepers) {
      if ((worker.sleepsUntilMs as number) > nowMs) continue;
      this.sleepers.delete(worker);
      worker.sleepsUntilMs = undefined;
      this.table.release(worker.thread);
      this.progressMs = monotonicMs();
    }
  }

  /** Takes the completions that have arrived into the history, in the order of their arrival. */
  private record(): void {
    let taken = 0;
    try {
      while (taken < this.arrivals.length) this.recordOne(this.arrivals[taken++] as Arrival);
    } finally {
      this.arrivals.splice(0, taken);
    }
  }

  private recordOne({ worker, op, completion, time }: Arrival): void {
    const event = this.writeCompletion(op, completion, time);
    this.tally?.count(event);
    const { thread } = worker;
    if (event.type === "info") worker.drop();
    if (worker.overdue === undefined) this.table.release(thread);
    this.progressMs = monotonicMs();
    try {
      if (this.generator !== undefined)
        this.generator = tellFriendly(this.generator, this.options.test, this.table.context(time), event);
    } finally {
      if (event.type === "info") this.table.renumber(thread);
    }
  }

  private writeCompletion(op: Invocation, completion: Completion, time: number): Op {
    const value = completion.value === undefined ? op.value : completion.value;
    const event: Mutable<Event> = { time, type: completion.type, process: op.process, f: op.f, value };
    if (op.key !== undefined) event.key = op.key;
    if (op.node !== undefined) event.node = op.node;
    if (completion.error !== undefined) event.error = completion.error;
    if (completion.evidence !== undefined) event.evidence = completion.evidence;
    try {
      return this.recorder.write(event);
    } catch (error) {
      if (!isJepsenError(error, "client")) throw error;
      // a value that cannot be written: the operation still gets an end
      this.breach ??= error;
      const { error: reason } = completionOfThrown(error);
      const { evidence: _unwritable, ...rest } = event;
      return this.recorder.write({ ...rest, type: "info", value: op.value, ...(reason ? { error: reason } : {}) });
    }
  }

  private nextDeadlineMs(): number {
    let nextMs = Math.min(
      this.busyClients.first?.deadlineMs ?? Number.POSITIVE_INFINITY,
      this.busyLanes.first?.deadlineMs ?? Number.POSITIVE_INFINITY,
    );
    for (const { sleepsUntilMs } of this.sleepers) nextMs = Math.min(nextMs, sleepsUntilMs as number);
    return nextMs;
  }

  /** Throws JepsenError "stalled" when nothing has gone on for too long without a reason. */
  private watch(nowMs: number, openEnded: boolean): void {
    const { stallMs } = this.options;
    const tooLong = (sinceMs: number) => nowMs - sinceMs >= stallMs;
    const waitingSinceMs = this.recorder.waitingSinceMs;
    if (waitingSinceMs !== undefined && tooLong(waitingSinceMs))
      throw this.stalled(`the history has not been written for ${seconds(nowMs - waitingSinceMs)}: is the disk hung?`);
    for (const worker of this.overdue) {
      const { op, sinceMs } = worker.overdue as NonNullable<Worker["overdue"]>;
      if (!tooLong(sinceMs)) break;
      this.overdue.delete(worker); // said once; its thread stays out of use
      throw this.stalled(
        `${nameOf(worker)} has not let go of ${op.f} ${describe(op.value)} (operation ${op.index}), though its signal was aborted ${seconds(nowMs - sinceMs)} ago. End the operation when the signal fires.`,
      );
    }
    if (openEnded && this.isQuiet() && this.overdue.size === 0 && tooLong(this.progressMs)) {
      throw this.stalled(
        `nothing is in flight, and its generator has been pending for ${seconds(nowMs - this.progressMs)}. It waits for a thread, an event or a promise that never comes: ${describe(this.generator)}`,
      );
    }
  }

  private stalled(why: string): JepsenError {
    const phase = this.tally?.phase;
    const waitingFor = [...this.busyClients, ...this.busyLanes].map((worker) => ({
      thread: worker.thread,
      op: worker.op,
    }));
    return new JepsenError("stalled", `Phase "${phase}" makes no progress: ${why}`, { phase, waitingFor });
  }

  private report(nowMs: number): void {
    const { onProgress } = this.options;
    if (onProgress === undefined || nowMs - this.reportedMs < PROGRESS_MS || this.tally === undefined) return;
    this.reportedMs = nowMs;
    onProgress(this.tally.progress(this.recorder.now(), this.inFlight()));
  }

  /** Waits for so long, or for `wake`. Never less than a turn of the event loop, so that answers and the disk get theirs. */
  private idle(ms: number): Promise<void> {
    if (this.arrivals.length > 0 || !(ms > 0)) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      this.resume = resolve;
      this.timer = setTimeout(() => this.wake(), ms);
    });
  }

  private wake(): void {
    const { resume } = this;
    if (resume === undefined) return;
    this.resume = undefined;
    clearTimeout(this.timer);
    // not at once: whatever else arrives in this turn of the event loop is recorded together
    setImmediate(resume);
  }

  /** The phase ends with an error: whatever is in flight gets an end in the history. */
  private async giveUp(error: unknown): Promise<void> {
    this.generator = undefined;
    this.breach = undefined;
    if (isJepsenError(error, "generator", "client")) await this.drain();
    const message = `the run ended: ${messageOf(error)}`;
    const completion: Completion = { type: "info", error: { code: "aborted", message } };
    const nowMs = monotonicMs();
    for (const worker of [...this.busyClients, ...this.busyLanes])
      this.abandon(worker, completion, new JepsenError("aborted", message), nowMs);
    this.endSleeps(Number.POSITIVE_INFINITY);
    this.recordAsFarAsPossible();
  }

  /** Gives operations in flight a bounded chance to end by themselves. */
  private async drain(): Promise<void> {
    const endMs = monotonicMs() + DRAIN_MS;
    for (let nowMs = monotonicMs(); this.inFlight() > 0 && nowMs < endMs; nowMs = monotonicMs()) {
      if (this.options.abort.aborted || this.recorder.failure !== undefined) return;
      this.endLate(nowMs);
      this.recordAsFarAsPossible();
      await this.idle(Math.min(endMs - nowMs, LOOK_MS));
    }
  }

  private recordAsFarAsPossible(): void {
    try {
      this.record();
    } catch (error) {
      // there is no generator now that could throw: it is the journal, and what it failed with the next phase is told
      this.recorder.failure ??= isJepsenError(error) ? error : new JepsenError("disk", messageOf(error), {}, error);
    }
  }
}

/** How long to wait, and whether nothing but an event is known to end the waiting. */
interface Wait {
  readonly waitMs: number;
  readonly openEnded: boolean;
}

const WAIT_FOR_EVENTS: Wait = { waitMs: LOOK_MS, openEnded: false };

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

function nameOf(worker: Worker): string {
  if (typeof worker.thread === "string") return `The nemesis of ${worker.thread}`;
  return `The client of thread ${worker.thread}${worker.node === undefined ? "" : ` (node ${worker.node})`}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
