import { monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 5;

/** How late the control process was, in milliseconds: a harness that stalls is not a slow database. */
export interface Lag {
  readonly maxMs: number;
  readonly p99Ms: number;
}

/** Measures how late the event loop is, from when it is made until it is stopped. */
export class LagMeter {
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.delays.enable();
  }

  read(): Lag {
    return { maxMs: late(this.delays.max), p99Ms: late(this.delays.percentile(99)) };
  }

  stop(): void {
    this.delays.disable();
  }
}

/** The histogram holds the whole time between two ticks; what is over the resolution is lateness. */
function late(ns: number): number {
  return Math.max(0, Math.round(ns / 1e5) / 10 - RESOLUTION_MS);
}
