import { monotonicMs } from "../clock.ts";
import { isJepsenError, JepsenError } from "../errors.ts";
import type { ThreadTable } from "../generator/thread-table.ts";
import type { Completion, Invocation, Thread } from "../test.ts";
import { BusyList } from "./busy-list.ts";
import { ClientSlot } from "./client-slot.ts";
import { checkCompletion, completionOfThrown, noClient } from "./completion.ts";
import type { InterpreterOptions } from "./options.ts";
import type { Recorder } from "./recorder.ts";
import { type Listener, nemesisExecutor, Worker } from "./worker.ts";

const CLOSE_TIMEOUT_MS = 5_000;
/** A database that is down refuses a thousand clients for the same reason: every line is said once, and not without end. */
const LINES_MAX = 100;

/** A completion on its way into the history. */
export interface Arrival {
  readonly worker: Worker;
  readonly op: Invocation;
  readonly completion: Completion;
  /** Its stamp. */
  readonly time: number;
}

/** All workers of a run: who is at what, whose time is up, and what has come back. */
export class Crew implements Listener {
  /** Completions that are not recorded yet, in the order of their stamps; at most one for a worker. */
  readonly arrivals: Arrival[] = [];
  /** Workers whose client holds on to an operation that was abandoned, longest first. */
  readonly overdue = new Set<Worker>();
  /** A client or nemesis broke its contract. */
  breach: JepsenError | undefined;
  private readonly table: ThreadTable;
  private readonly recorder: Recorder;
  private readonly onNews: () => void;
  /** By slot of the thread table. */
  private readonly workers: readonly Worker[];
  private readonly busyClients = new BusyList<Worker>();
  private readonly busyLanes = new BusyList<Worker>();
  private readonly sleepers = new Set<Worker>();

  /** `onNews` is called when there is an arrival, or a thread is free again. */
  constructor(options: InterpreterOptions, table: ThreadTable, recorder: Recorder, onNews: () => void) {
    this.table = table;
    this.recorder = recorder;
    this.onNews = onNews;
    const said = new Set<string>();
    const say = (line: string) => {
      if (said.has(line) || said.size === LINES_MAX) return;
      said.add(line);
      options.test.log(line);
    };
    this.workers = table.all.threads.map((thread) => this.makeWorker(thread, options, say));
  }

  private makeWorker(thread: Thread, options: InterpreterOptions, say: (line: string) => void): Worker {
    const { test, client, nemeses, operationTimeoutMs, nemesisTimeoutMs } = options;
    if (typeof thread === "number") {
      const node = test.nodes[thread % test.nodes.length];
      const slot = new ClientSlot(test, client, node ?? "", CLOSE_TIMEOUT_MS, say);
      return new Worker(thread, node, operationTimeoutMs, slot, this);
    }
    const nemesis = nemeses.get(thread);
    if (nemesis === undefined) throw new JepsenError("internal", `There is no nemesis in lane ${thread}.`);
    return new Worker(thread, undefined, nemesisTimeoutMs, nemesisExecutor(test, nemesis), this);
  }

  workerOf(thread: Thread): Worker {
    return this.workers[this.table.slotOf(thread) as number] as Worker;
  }

  /** Operations without an answer. */
  get inFlight(): number {
    return this.busyClients.size + this.busyLanes.size;
  }

  /** Whether nobody is at work or asleep. */
  get isIdle(): boolean {
    return this.inFlight === 0 && this.sleepers.size === 0;
  }

  busy(): Worker[] {
    return [...this.busyClients, ...this.busyLanes];
  }

  begin(worker: Worker, op: Invocation, nowMs: number): void {
    this.table.occupy(worker.thread);
    this.listOf(worker).add(worker);
    worker.begin(op, nowMs);
  }

  sleep(worker: Worker, untilMs: number): void {
    this.table.occupy(worker.thread);
    worker.sleepsUntilMs = untilMs;
    this.sleepers.add(worker);
  }

  /** Wakes whose sleep is over. Says whether anybody was woken. */
  endSleeps(nowMs: number): boolean {
    let woken = false;
    for (const worker of this.sleepers) {
      if ((worker.sleepsUntilMs as number) > nowMs) continue;
      this.sleepers.delete(worker);
      worker.sleepsUntilMs = undefined;
      this.table.release(worker.thread);
      woken = true;
    }
    return woken;
  }

  /** Operations that are out of time end as info; those that were certainly not sent, as fail. */
  endLate(nowMs: number): void {
    for (const busy of [this.busyClients, this.busyLanes]) {
      for (let worker = busy.first; worker !== undefined && worker.deadlineMs <= nowMs; worker = busy.first) {
        const message = `no answer within ${worker.timeoutMs} ms`;
        const completion: Completion = worker.isUnsent
          ? noClient(`the client for ${worker.node} could not be opened within ${worker.timeoutMs} ms`)
          : { type: "info", error: { code: "timeout", message } };
        this.abandon(worker, completion, new JepsenError("timeout", message), nowMs);
      }
    }
  }

  /** Everything that is in flight ends as info, and everybody wakes. */
  endAll(message: string): void {
    const nowMs = monotonicMs();
    const completion: Completion = { type: "info", error: { code: "aborted", message } };
    for (const worker of this.busy()) this.abandon(worker, completion, new JepsenError("aborted", message), nowMs);
    this.endSleeps(Number.POSITIVE_INFINITY);
  }

  /** When the next operation is out of time, or the next sleep over; infinity when none is. */
  nextDeadlineMs(): number {
    let nextMs = Math.min(
      this.busyClients.first?.deadlineMs ?? Number.POSITIVE_INFINITY,
      this.busyLanes.first?.deadlineMs ?? Number.POSITIVE_INFINITY,
    );
    for (const { sleepsUntilMs } of this.sleepers) nextMs = Math.min(nextMs, sleepsUntilMs as number);
    return nextMs;
  }

  /** Closes all clients. Bounded, and never rejects. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  answered(worker: Worker, answer: unknown): void {
    const op = worker.op as Invocation;
    let completion: Completion;
    try {
      completion = checkCompletion(answer, op);
    } catch (error) {
      this.threw(worker, error);
      return;
    }
    this.arrive(worker, op, completion);
  }

  threw(worker: Worker, error: unknown): void {
    if (isJepsenError(error, "client")) this.breach ??= error;
    this.arrive(worker, worker.op as Invocation, completionOfThrown(error));
  }

  letGo(worker: Worker): void {
    this.overdue.delete(worker);
    this.table.release(worker.thread);
    this.onNews();
  }

  private abandon(worker: Worker, completion: Completion, reason: JepsenError, nowMs: number): void {
    const op = worker.op as Invocation;
    worker.abandon(reason, nowMs);
    if (worker.overdue !== undefined) this.overdue.add(worker);
    this.arrive(worker, op, completion);
  }

  private arrive(worker: Worker, op: Invocation, completion: Completion): void {
    worker.op = undefined;
    this.listOf(worker).remove(worker);
    this.arrivals.push({ worker, op, completion, time: this.recorder.stamp() });
    this.onNews();
  }

  private listOf(worker: Worker): BusyList<Worker> {
    return typeof worker.thread === "number" ? this.busyClients : this.busyLanes;
  }
}
