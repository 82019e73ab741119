import type { JepsenError } from "../errors.ts";
import type { Completion, Invocation, Nemesis, Test, Thread } from "../test.ts";
import type { Link } from "./busy-list.ts";
import type { ClientSlot } from "./client-slot.ts";

/** An AbortSignal takes microseconds to make: one serves so many operations of a thread, unless it fires. */
const SIGNAL_USES_MAX = 128;

/** What a worker does with an operation. */
export interface Executor {
  invoke(op: Invocation, signal: AbortSignal): Promise<Completion>;
  /** Whether anything of the operation in flight can have been sent. */
  readonly isOpen: boolean;
  /** After an unknown outcome. */
  drop(): void;
  close(): Promise<void>;
}

/** A nemesis as an executor. Nemeses are set up and torn down by the lifecycle. */
export function nemesisExecutor(test: Test, nemesis: Nemesis): Executor {
  return {
    invoke: (op, signal) => nemesis.invoke(test, op, signal),
    isOpen: true,
    drop: () => undefined,
    close: () => Promise.resolve(),
  };
}

/** Who wants to know what became of an operation. */
export interface Listener {
  answered(worker: Worker, answer: unknown): void;
  threw(worker: Worker, error: unknown): void;
  /** The client of an operation that was abandoned has let go of it at last. */
  letGo(worker: Worker): void;
}

/** One thread: a client or a lane, and its operation in flight. */
export class Worker implements Link<Worker> {
  readonly thread: Thread;
  readonly node: string | undefined;
  readonly timeoutMs: number;
  /** The operation in flight; undefined as soon as its completion is on the way into the history. */
  op: Invocation | undefined;
  deadlineMs = 0;
  /** When its sleep ends; undefined when it does not sleep. */
  sleepsUntilMs: number | undefined;
  /** The operation that was abandoned and not let go of yet, and since when. */
  overdue: { readonly op: Invocation; readonly sinceMs: number; readonly flight: number } | undefined;
  before: Worker | undefined;
  after: Worker | undefined;
  private readonly executor: Executor | ClientSlot;
  private readonly listener: Listener;
  private controller = new AbortController();
  private signalUses = 0;
  private flight = 0;

  constructor(
    thread: Thread,
    node: string | undefined,
    timeoutMs: number,
    executor: Executor | ClientSlot,
    listener: Listener,
  ) {
    this.thread = thread;
    this.node = node;
    this.timeoutMs = timeoutMs;
    this.executor = executor;
    this.listener = listener;
  }

  /** Sends an operation. Its answer comes through the listener, later and once. */
  begin(op: Invocation, nowMs: number): void {
    this.op = op;
    this.deadlineMs = nowMs + this.timeoutMs;
    const flight = ++this.flight;
    if (++this.signalUses > SIGNAL_USES_MAX) this.renewSignal();
    let answer: Promise<Completion>;
    try {
      answer = this.executor.invoke(op, this.controller.signal);
    } catch (error) {
      answer = Promise.reject(error);
    }
    // a plain value is taken for what it will be judged to be
    Promise.resolve(answer).then(
      (completion) => {
        if (flight === this.flight) this.listener.answered(this, completion);
        else this.letGo(flight);
      },
      (error: unknown) => {
        if (flight === this.flight) this.listener.threw(this, error);
        else this.letGo(flight);
      },
    );
  }

  /** Whether the operation in flight was certainly not sent. */
  get isUnsent(): boolean {
    return !this.executor.isOpen;
  }

  /** Gives up the operation in flight: its signal fires, and its answer is thrown away when it comes. */
  abandon(reason: JepsenError, nowMs: number): void {
    if (this.op === undefined) return;
    if (!this.isUnsent) this.overdue = { op: this.op, sinceMs: nowMs, flight: this.flight };
    this.flight++;
    const { controller } = this;
    this.renewSignal();
    controller.abort(reason);
  }

  /** After an unknown outcome: the client is closed, unless it may serve the next process. */
  drop(): void {
    this.executor.drop();
  }

  close(): Promise<void> {
    return this.executor.close();
  }

  private letGo(flight: number): void {
    if (this.overdue?.flight !== flight) return;
    this.overdue = undefined;
    this.listener.letGo(this);
  }

  private renewSignal(): void {
    this.controller = new AbortController();
    this.signalUses = 0;
  }
}
