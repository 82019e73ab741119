import type { Op, Process } from "../test.ts";

/** How a phase stands. */
export interface Progress {
  readonly phase: string;
  /** Nanoseconds since the start of the run. */
  readonly time: number;
  /** Client operations begun in this phase, and how those that have ended did. */
  readonly operations: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly inFlight: number;
  /** The last event of every lane in this phase. */
  readonly faults: readonly Op[];
}

/** What a phase came to. */
export interface PhaseSummary {
  readonly phase: string;
  /** "finished": its generator was exhausted · "stopped": somebody asked to stop · "failed": it ended with an error. */
  readonly outcome: "finished" | "stopped" | "failed";
  /** Nanoseconds since the start of the run. */
  readonly startTime: number;
  readonly endTime: number;
  readonly ms: number;
  /** Client operations, and how they ended. */
  readonly operations: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  /** Fault operations. */
  readonly faults: number;
}

/** Counts the events of one phase. */
export class Tally {
  readonly phase: string;
  readonly startTime: number;
  private readonly counts = { invoke: 0, ok: 0, fail: 0, info: 0 };
  private faults = 0;
  private readonly lastFaults = new Map<Process, Op>();

  constructor(phase: string, startTime: number) {
    this.phase = phase;
    this.startTime = startTime;
  }

  count(op: Op): void {
    if (typeof op.process === "number") {
      this.counts[op.type]++;
      return;
    }
    if (op.type === "invoke") this.faults++;
    this.lastFaults.set(op.process, op);
  }

  progress(time: number, inFlight: number): Progress {
    const { invoke, ok, fail, info } = this.counts;
    const faults = [...this.lastFaults.values()];
    return { phase: this.phase, time, operations: invoke, ok, fail, info, inFlight, faults };
  }

  summary(outcome: PhaseSummary["outcome"], endTime: number): PhaseSummary {
    const { phase, startTime, faults } = this;
    const { invoke, ok, fail, info } = this.counts;
    const ms = Math.round((endTime - startTime) / 1e6);
    return { phase, outcome, startTime, endTime, ms, operations: invoke, ok, fail, info, faults };
  }
}
