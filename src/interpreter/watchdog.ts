import { JepsenError } from "../errors.ts";
import { describe } from "../generator/describe.ts";
import type { GeneratorLike } from "../test.ts";
import type { Crew } from "./crew.ts";
import type { Recorder } from "./recorder.ts";
import type { Worker } from "./worker.ts";

/**
 * Sees to it that a run ends. Operations in flight have their own time limits; what is left is a disk that hangs, a
 * client that holds on to an operation whose signal was aborted, and a generator that waits for what never comes.
 */
export class Watchdog {
  private readonly crew: Crew;
  private readonly recorder: Recorder;
  private readonly stallMs: number;
  private progressMs = 0;

  constructor(crew: Crew, recorder: Recorder, stallMs: number) {
    this.crew = crew;
    this.recorder = recorder;
    this.stallMs = stallMs;
  }

  /** Something happened: an operation began or ended. */
  progress(nowMs: number): void {
    this.progressMs = nowMs;
  }

  /** Throws JepsenError "stalled". `pending`: the generator, when it is pending for no known time. */
  look(nowMs: number, phase: string, pending: GeneratorLike): void {
    const since = (ms: number) => nowMs - ms;
    const { waitingSinceMs } = this.recorder;
    if (waitingSinceMs !== undefined && since(waitingSinceMs) >= this.stallMs)
      throw this.stalled(
        phase,
        `the history has not been written for ${seconds(since(waitingSinceMs))}. Is the disk hung?`,
      );
    for (const worker of this.crew.overdue) {
      const { op, sinceMs } = worker.overdue as NonNullable<Worker["overdue"]>;
      if (since(sinceMs) < this.stallMs) break; // the longest comes first
      const error = this.stalled(
        phase,
        `${nameOf(worker)} has not let go of ${op.f} ${describe(op.value)} (operation ${op.index}), though its signal was aborted ${seconds(since(sinceMs))} ago. It must end an operation when the signal fires.`,
      );
      this.crew.overdue.delete(worker); // said once; its thread stays out of use until it lets go
      throw error;
    }
    if (pending === undefined || !this.crew.isIdle || this.crew.overdue.size > 0) return;
    if (since(this.progressMs) < this.stallMs) return;
    throw this.stalled(
      phase,
      `nothing is in flight, and its generator has been pending for ${seconds(since(this.progressMs))}. It waits for a thread, an event or a promise that never comes: ${describe(pending)}`,
    );
  }

  private stalled(phase: string, why: string): JepsenError {
    const waitingFor = [...this.crew.busy(), ...this.crew.overdue].map(({ thread, node, op, overdue }) => ({
      thread,
      node,
      op: op ?? overdue?.op,
    }));
    return new JepsenError("stalled", `Phase "${phase}" makes no progress: ${why}`, { phase, waitingFor });
  }
}

function nameOf({ thread, node }: Worker): string {
  if (typeof thread === "string") return `The nemesis of ${thread}`;
  return `The client of thread ${thread}${node === undefined ? "" : ` (node ${node})`}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
