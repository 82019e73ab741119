import { JepsenError } from "../errors.ts";
import { describe } from "../generator/describe.ts";
import type { GeneratorLike } from "../test.ts";
import type { Crew } from "./crew.ts";
import type { Recorder } from "./recorder.ts";
import type { Worker } from "./worker.ts";

/**
 * Sees to it that a run ends. Operations in flight have their own time limits; what is left is a disk that hangs,
 * clients that hold on to operations whose signal was aborted, and a generator that waits for what never comes.
 */
export class Watchdog {
  private readonly crew: Crew;
  private readonly recorder: Recorder;
  private readonly stallMs: number;
  private readonly say: (line: string) => void;
  private readonly told = new WeakSet<object>();
  private progressMs = 0;

  /** `say` takes a line about a thread that is out of use. */
  constructor(crew: Crew, recorder: Recorder, stallMs: number, say: (line: string) => void) {
    this.crew = crew;
    this.recorder = recorder;
    this.stallMs = stallMs;
    this.say = say;
  }

  /** Something happened: an operation began or ended. */
  progress(nowMs: number): void {
    this.progressMs = nowMs;
  }

  /** Throws JepsenError "stalled". `openEnded`: nothing but an event is known to end the generator's waiting. */
  look(nowMs: number, phase: string, generator: GeneratorLike, openEnded: boolean): void {
    const { waitingSinceMs } = this.recorder;
    if (waitingSinceMs !== undefined && nowMs - waitingSinceMs >= this.stallMs) {
      const why = `the history has not been written for ${seconds(nowMs - waitingSinceMs)}. Is the disk hung?`;
      throw this.stalled(phase, why);
    }
    for (const worker of this.crew.overdue) {
      const held = worker.overdue as Overdue;
      if (nowMs - held.sinceMs < this.stallMs) break; // the longest comes first
      if (this.told.has(held)) continue;
      this.told.add(held);
      this.say(`${holdsOn(worker, nowMs)} Until it lets go, its thread takes no part.`);
    }
    const idleMs = nowMs - this.progressMs;
    if (!openEnded || !this.crew.isIdle || idleMs < this.stallMs) return;
    const [worker] = this.crew.overdue;
    const { size } = this.crew.overdue;
    if (worker === undefined) {
      throw this.stalled(
        phase,
        `nothing is in flight, and its generator has been pending for ${seconds(idleMs)}. It waits for a thread, an event or a promise that never comes: ${describe(generator)}`,
      );
    }
    const others = size === 1 ? "" : ` So do the clients of ${size - 1} more threads.`;
    throw this.stalled(
      phase,
      `${holdsOn(worker, nowMs)}${others} A client must end an operation when its signal fires.`,
    );
  }

  private stalled(phase: string, why: string): JepsenError {
    const waitingFor = [...this.crew.overdue].map(({ thread, node, overdue }) => ({ thread, node, op: overdue?.op }));
    return new JepsenError("stalled", `Phase "${phase}" makes no progress: ${why}`, { phase, waitingFor });
  }
}

type Overdue = NonNullable<Worker["overdue"]>;

function holdsOn(worker: Worker, nowMs: number): string {
  const { op, sinceMs } = worker.overdue as Overdue;
  return `${nameOf(worker)} holds on to ${op.f} ${describe(op.value)} (operation ${op.index}), though its signal was aborted ${seconds(nowMs - sinceMs)} ago.`;
}

function nameOf({ thread, node }: Worker): string {
  if (typeof thread === "string") return `The nemesis of ${thread}`;
  return `The client of thread ${thread}${node === undefined ? "" : ` (node ${node})`}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
