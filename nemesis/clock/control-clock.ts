import { monotonicMs, wallClock } from "../../src/clock.ts";

/** Slewing by a time service stays far below it; a clock that was set is beyond it. */
const MOVED_MS = 100;

/**
 * The control process's idea of the true time: its wall clock at the beginning, carried on by its monotonic clock. If
 * the host's wall clock should be moved, by a fault gone wrong or by anybody else, this one is not, and tells.
 */
export class ControlClock {
  readonly #monotonicMs: () => number;
  readonly #wallMs: () => number;
  readonly #startMs: number;

  constructor(monotonic: () => number = monotonicMs, wallMs: () => number = () => wallClock().getTime()) {
    this.#monotonicMs = monotonic;
    this.#wallMs = wallMs;
    this.#startMs = wallMs() - monotonic();
  }

  /** The true time in milliseconds since the epoch. */
  nowMs(): number {
    return this.#startMs + this.#monotonicMs();
  }

  /** How far the host's wall clock has moved since the beginning, in milliseconds. */
  movedMs(): number {
    return this.#wallMs() - this.nowMs();
  }

  /** Whether the host's wall clock was moved. */
  hasMoved(): boolean {
    return Math.abs(this.movedMs()) > MOVED_MS;
  }
}
