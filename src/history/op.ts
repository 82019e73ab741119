/** What happened to an operation. `ok`: it did happen · `fail`: it did not · `info`: nobody knows · `invoke`: it begins. */
export type OpType = "invoke" | "ok" | "fail" | "info";

/** A lane of one fault family, so that concurrent faults pair up with their own completions. */
export type NemesisProcess = "nemesis" | `nemesis:${string}`;

/** Who acts: a logical client process (a new number after each `info`), or a nemesis lane. */
export type Process = number | NemesisProcess;

/** The key of an independent operation. */
export type Key = string | number;

/** Why an operation failed or is indeterminate: a stable code (`"timeout"`, `"connection-refused"`) and a human sentence. */
export interface OpError {
  readonly code: string;
  readonly message?: string;
}

/**
 * What was measured after a fault was installed or undone, independently of the rules that installed it.
 * `proven`: the measurement shows the effect that was asked for. `summary`: one sentence with figures.
 */
export interface Evidence {
  readonly proven: boolean;
  readonly summary: string;
  /** The measurements themselves, plain JSON: a reachability matrix, process states, checksums. */
  readonly details?: unknown;
}

/** One event of a history: an invocation, or the completion of one. */
export interface Op {
  /** Position in the history, from 0, without gaps. */
  readonly index: number;
  /** Nanoseconds since the start of the run, on the control process's monotonic clock. */
  readonly time: number;
  readonly type: OpType;
  readonly process: Process;
  readonly f: string;
  readonly value: unknown;
  /** Set where the workload splits into independent keys. */
  readonly key?: Key;
  /** The node that the client talked to. */
  readonly node?: string;
  readonly error?: OpError;
  /** On completions of fault operations only. */
  readonly evidence?: Evidence;
}

/** A history is its operations in index order; readers and checkers never change it. */
export type History = readonly Op[];

/** Whether a nemesis lane acted. */
export function isNemesisProcess(process: Process): process is NemesisProcess {
  return typeof process === "string";
}

/** Whether a client acted. */
export function isClientOp(op: Op): boolean {
  return typeof op.process === "number";
}
