import { monotonicMs } from "../clock.ts";
import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import { askFriendly, tellFriendly } from "../generator/friendly-errors.ts";
import { ThreadTable } from "../generator/thread-table.ts";
import { checkStep } from "../generator/validate.ts";
import type { Completion, GeneratorLike, Invocation, NextStep, Op, PlannedOp, Process, Thread } from "../test.ts";
import { completionOfThrown } from "./completion.ts";
import { type Arrival, Crew } from "./crew.ts";
import { type Lag, LagMeter } from "./lag.ts";
import type { InterpreterOptions } from "./options.ts";
import { type Event, Recorder } from "./recorder.ts";
import { type PhaseSummary, Tally } from "./tally.ts";
import { Watchdog } from "./watchdog.ts";

/** A generator that is pending for no known time is asked again so soon. */
const POLL_MS = 1;
/** Whatever it waits for, the loop looks around so often. */
const LOOK_MS = 10;
/** Operations are begun for so long before answers get their turn. */
const TURN_MS = 2;
/** After an error in a generator or client, those in flight get so long to end by themselves. */
const DRAIN_MS = 5_000;
const PROGRESS_MS = 200;

/** A step that gives an operation. */
type Planned = Exclude<NextStep, undefined | { readonly op: "pending" }>;

/** How long to wait, and whether nothing but an event is known to end the waiting. */
interface Wait {
  readonly waitMs: number;
  readonly openEnded: boolean;
}

const WAIT_FOR_EVENTS: Wait = { waitMs: LOOK_MS, openEnded: true };
const WAIT_FOR_DISK: Wait = { waitMs: LOOK_MS, openEnded: false };

/** The one loop; see `Interpreter`. */
export class Loop {
  readonly phases: PhaseSummary[] = [];
  private readonly options: InterpreterOptions;
  private readonly table: ThreadTable;
  private readonly recorder: Recorder;
  private readonly crew: Crew;
  private readonly watchdog: Watchdog;
  private readonly lagMeter = new LagMeter();
  private readonly wake = () => this.wakeUp();
  private generator: GeneratorLike;
  /** An operation that was offered for later. It is given at its time, unless an event comes first. */
  private later: Planned | undefined;
  private tally: Tally | undefined;
  private reportedMs = 0;
  private resume: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: InterpreterOptions) {
    this.options = options;
    const { test, nemeses, seed, journal, stallMs } = options;
    this.table = new ThreadTable(test.concurrency, [...nemeses.keys()] as Process[], seed);
    this.recorder = new Recorder(journal, this.wake);
    this.crew = new Crew(options, this.table, this.recorder, this.wake);
    this.watchdog = new Watchdog(this.crew, this.recorder, stallMs, (line) => test.log(line));
    options.abort.addEventListener("abort", this.wake);
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
    this.later = undefined;
    stop?.addEventListener("abort", this.wake);
    let outcome: PhaseSummary["outcome"] = "failed";
    try {
      await this.drive(phase, stop);
      outcome = stop?.aborted ? "stopped" : "finished";
    } catch (error) {
      await this.giveUp(error);
      throw error;
    } finally {
      stop?.removeEventListener("abort", this.wake);
      this.tally = undefined;
      this.phases.push(tally.summary(outcome, this.recorder.now()));
    }
    return this.phases.at(-1) as PhaseSummary;
  }

  async close(): Promise<void> {
    this.options.abort.removeEventListener("abort", this.wake);
    await this.crew.close();
    this.lagMeter.stop();
  }

  lag(): Lag {
    return this.lagMeter.read();
  }

  /** Ends when the generator is exhausted and nothing is in flight. */
  private async drive(phase: string, stop: AbortSignal | undefined): Promise<void> {
    this.watchdog.progress(monotonicMs());
    for (;;) {
      const nowMs = monotonicMs();
      this.crew.endLate(nowMs);
      if (this.crew.endSleeps(stop?.aborted ? Number.POSITIVE_INFINITY : nowMs)) {
        this.watchdog.progress(nowMs);
        this.later = undefined;
      }
      this.record();
      this.throwIfEnded();
      if (stop?.aborted) this.generator = undefined;
      const { waitMs, openEnded } = this.recorder.waitingSinceMs === undefined ? this.begin() : WAIT_FOR_DISK;
      if (this.generator === undefined && this.crew.isIdle && this.recorder.waitingSinceMs === undefined) return;
      this.watchdog.look(nowMs, phase, this.generator, openEnded);
      this.report(nowMs);
      await this.idle(Math.min(waitMs, this.crew.nextDeadlineMs() - nowMs, LOOK_MS));
    }
  }

  private throwIfEnded(): void {
    if (this.options.abort.aborted) throw new JepsenError("aborted", "The run was aborted.");
    if (this.recorder.failure !== undefined) throw this.recorder.failure;
    if (this.crew.breach !== undefined) throw this.crew.breach;
  }

  /** Begins operations until there is none to begin now; says how long to wait for the next. */
  private begin(): Wait {
    const endMs = monotonicMs() + TURN_MS;
    for (;;) {
      // with nobody free, nothing can begin before an event
      if (this.generator === undefined || this.table.freeCount === 0) return WAIT_FOR_EVENTS;
      const time = this.recorder.now();
      const step = this.later !== undefined && this.later.op.time <= time ? this.later : this.ask(time);
      if (step === undefined) {
        this.generator = undefined;
        return WAIT_FOR_EVENTS;
      }
      if (step.op === "pending") {
        this.generator = step.next ?? undefined;
        if (step.until === undefined) return { waitMs: POLL_MS, openEnded: true };
        return { waitMs: Math.max(POLL_MS, (step.until - time) / 1e6), openEnded: false };
      }
      if (step.op.time > time) {
        if (this.later === undefined || step.op.time < this.later.op.time) this.later = step as Planned;
        return { waitMs: (step.op.time - time) / 1e6, openEnded: false };
      }
      this.generator = step.next ?? undefined;
      const nowMs = monotonicMs();
      this.emit(step.op, nowMs);
      if (this.recorder.waitingSinceMs !== undefined) return WAIT_FOR_DISK;
      if (nowMs > endMs) return { waitMs: 0, openEnded: false };
    }
  }

  private ask(time: number): NextStep {
    const context = this.table.context(time);
    const step = askFriendly(this.generator, this.options.test, context);
    checkStep(step, this.generator, context);
    return step;
  }

  private emit(op: PlannedOp, nowMs: number): void {
    const thread = this.table.threadOf(op.process) as Thread;
    const worker = this.crew.workerOf(thread);
    this.watchdog.progress(nowMs);
    this.later = undefined;
    this.table.countEmitted(thread);
    if (op.type === "log") {
      this.options.test.log(String(op.value));
      return;
    }
    if (op.type === "sleep") {
      this.crew.sleep(worker, nowMs + (op.value as number) * 1_000);
      return;
    }
    const f = op.f as string;
    this.checkLane(thread, f, op);
    const value = op.value === undefined ? null : op.value;
    const event: Mutable<Event> = { time: this.recorder.stamp(), type: "invoke", process: op.process, f, value };
    if (op.key !== undefined) event.key = op.key;
    if (worker.node !== undefined) event.node = worker.node;
    const invocation = this.recorder.write(event) as Invocation;
    this.tally?.count(invocation);
    this.crew.begin(worker, invocation, nowMs);
    this.tell(invocation);
  }

  private checkLane(thread: Thread, f: string, op: PlannedOp): void {
    if (typeof thread === "number") return;
    const fs = this.options.nemeses.get(thread)?.fs;
    if (fs === undefined || fs.has(f)) return;
    throw new JepsenError(
      "generator",
      `A generator gave the fault operation "${f}" to ${thread}, whose nemesis knows only ${[...fs].join(", ")}. Route it with lane("<family>", …).`,
      { op },
    );
  }

  private tell(event: Op): void {
    if (this.generator === undefined) return;
    const context = this.table.context(event.time);
    this.generator = tellFriendly(this.generator, this.options.test, context, event) ?? undefined;
  }

  /** Takes the completions that have arrived into the history, in the order of their arrival. */
  private record(): void {
    const { arrivals } = this.crew;
    let taken = 0;
    try {
      while (taken < arrivals.length) this.recordOne(arrivals[taken++] as Arrival);
    } finally {
      arrivals.splice(0, taken);
    }
  }

  private recordOne({ worker, op, completion, time }: Arrival): void {
    const event = this.writeCompletion(op, completion, time);
    this.tally?.count(event);
    this.watchdog.progress(monotonicMs());
    this.later = undefined;
    if (event.type === "info") worker.drop();
    // one whose client holds on to the operation is free when that lets go
    if (worker.overdue === undefined) this.table.release(worker.thread);
    try {
      this.tell(event);
    } finally {
      if (event.type === "info") this.table.renumber(worker.thread);
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
      // it carries what cannot be written: the operation still gets an end, and the run ends after it
      this.crew.breach ??= error;
      const { evidence: _unwritable, error: _replaced, ...rest } = event;
      const { error: reason } = completionOfThrown(error);
      return this.recorder.write({ ...rest, type: "info", value: op.value, ...(reason ? { error: reason } : {}) });
    }
  }

  private report(nowMs: number): void {
    const { onProgress } = this.options;
    if (onProgress === undefined || nowMs - this.reportedMs < PROGRESS_MS || this.tally === undefined) return;
    this.reportedMs = nowMs;
    onProgress(this.tally.progress(this.recorder.now(), this.crew.inFlight));
  }

  /** Waits for so long, or for news; at least for a turn of the event loop, so that answers and the disk get theirs. */
  private idle(ms: number): Promise<void> {
    if (this.crew.arrivals.length > 0 || !(ms > 0)) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      this.resume = resolve;
      this.timer = setTimeout(this.wake, ms);
    });
  }

  private wakeUp(): void {
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
    this.crew.breach = undefined;
    if (isJepsenError(error, "generator", "client")) await this.drain();
    this.crew.endAll(`the run ended: ${messageOf(error)}`);
    this.recordAsFarAsPossible();
  }

  /** Gives operations in flight a bounded chance to end by themselves. */
  private async drain(): Promise<void> {
    const endMs = monotonicMs() + DRAIN_MS;
    for (let nowMs = monotonicMs(); this.crew.inFlight > 0 && nowMs < endMs; nowMs = monotonicMs()) {
      if (this.options.abort.aborted || this.recorder.failure !== undefined) return;
      this.crew.endLate(nowMs);
      this.recordAsFarAsPossible();
      await this.idle(LOOK_MS);
    }
  }

  private recordAsFarAsPossible(): void {
    try {
      this.record();
    } catch (error) {
      // there is no generator now that could throw: it is the journal, and the next phase is told what it failed with
      this.recorder.failure ??= isJepsenError(error) ? error : new JepsenError("disk", messageOf(error), {}, error);
    }
  }
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };
