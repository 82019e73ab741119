import type { Shift } from "./shift.ts";

/** One clock as it was read: that of one process, or of a whole node. */
export interface ClockState {
  /** `etcd (process 4711)`, or `the node`. */
  readonly name: string;
  /** How far it is from the truth now, in nanoseconds. */
  readonly deltaNs: number;
  /** The means to shift it are in place. */
  readonly installed: boolean;
  /** Nothing is left of them: the clock is the true one. */
  readonly clean: boolean;
  /** Its process stands still, so that nobody can be asked for the time. */
  readonly paused?: boolean;
  /** Why it could not be read or changed, in one sentence. */
  readonly problem?: string;
  /** What was read, for the record. */
  readonly facts: unknown;
}

/** All clocks of a node that the fault concerns, read at one time. */
export interface ClockReading {
  /** The node's true time then, in nanoseconds since the epoch. */
  readonly trueNs: string;
  /** Empty when no process of the database runs there. */
  readonly clocks: readonly ClockState[];
}

/** A clock that goes back and forth between the shift in force and that plus `deltaMs`, each period. */
export interface Strobe {
  readonly deltaMs: number;
  readonly periodMs: number;
  readonly durationMs: number;
}

/** What a strobe came to on a node. */
export interface StrobeOutcome {
  readonly tookMs: number;
  /** For each clock how often it was switched, and how often the switch was read back. */
  readonly clocks: readonly {
    readonly name: string;
    readonly switches: number;
    readonly confirmed: number;
    /** Its process ended meanwhile. */
    readonly gone?: boolean;
    readonly problem?: string;
  }[];
}

/**
 * The wall clock of one node's database. Two mechanisms: the vDSO of the database's processes, where nodes share one
 * kernel and its one clock, and the kernel's clock, where a node has it for itself. Each method is one command on the
 * node; they reject with a JepsenError when it fails as a whole, and report what concerns one process in its state.
 */
export interface NodeClock {
  readonly node: string;
  readonly mechanism: "vdso" | "kernel";
  /** What a reading rests on, for evidence: `the bytes read back`. */
  readonly basis: string;
  /** How exactly a shift is met, in nanoseconds. */
  readonly toleranceNs: number;
  /** True if a process that starts later has the true clock until the shift is applied again. */
  readonly perProcess: boolean;
  /** A POSIX shell script that undoes everything without the control process, and succeeds when nothing is left. */
  undoScript(): string;
  read(signal?: AbortSignal): Promise<ClockReading>;
  /** Sets this shift, whatever was in force. Repeating it changes nothing. */
  apply(shift: Shift, signal?: AbortSignal): Promise<ClockReading>;
  /** Takes `durationMs`, and ends early with the signal. */
  strobe(strobe: Strobe, signal?: AbortSignal): Promise<StrobeOutcome>;
  /** Takes every shift and every trace of it away. */
  reset(signal?: AbortSignal): Promise<void>;
}
