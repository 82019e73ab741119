import { monotonicMs, monotonicNs } from "../clock.ts";
import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import type { Op } from "../test.ts";
import type { InterpreterOptions } from "./options.ts";

/** An event that has no place in the history yet. */
export type Event = Omit<Op, "index">;

/** Gives events their times and places, and hands them to the journal. */
export class Recorder {
  /** Why the journal takes nothing any more. */
  failure: JepsenError | undefined;
  /** Since when the journal has been asking to wait; undefined when it does not. */
  waitingSinceMs: number | undefined;
  private readonly startNs = monotonicNs();
  private readonly journal: InterpreterOptions["journal"];
  private readonly onReady: () => void;
  private lastTime = -1;
  private index = 0;
  private waits = 0;

  /** `onReady` is called when the journal has caught up, or has failed. */
  constructor(journal: InterpreterOptions["journal"], onReady: () => void) {
    this.journal = journal;
    this.onReady = onReady;
  }

  /** Nanoseconds since the start, never before the last stamp. */
  now(): number {
    return Math.max(monotonicNs() - this.startNs, this.lastTime);
  }

  /** The time for an event: later than every one before. Events must be written in the order of their stamps. */
  stamp(): number {
    this.lastTime = Math.max(monotonicNs() - this.startNs, this.lastTime + 1);
    return this.lastTime;
  }

  /** Throws JepsenError "disk" when the journal failed, and whatever JepsenError it throws itself; nothing is written then. */
  write(event: Event): Op {
    const op = event as Op & { index: number };
    op.index = this.index;
    let busy: void | Promise<void>;
    try {
      busy = this.journal(op);
    } catch (error) {
      throw asDiskError(error);
    }
    this.index++;
    if (busy !== undefined) this.wait(busy);
    return op;
  }

  private wait(busy: Promise<void>): void {
    this.waits++;
    this.waitingSinceMs ??= monotonicMs();
    busy.then(
      () => {
        if (--this.waits === 0) this.waitingSinceMs = undefined;
        this.onReady();
      },
      (error: unknown) => {
        this.waits--;
        this.failure ??= asDiskError(error);
        this.onReady();
      },
    );
  }
}

function asDiskError(error: unknown): JepsenError {
  if (isJepsenError(error)) return error;
  return new JepsenError("disk", `The history could not be written: ${messageOf(error)}`, {}, error);
}
