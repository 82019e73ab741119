import type { Client, Nemesis, Op, Test } from "../test.ts";
import type { Progress } from "./tally.ts";

/** What an interpreter needs. */
export interface InterpreterOptions {
  readonly test: Test;
  /** The unconnected client that all others are opened from. */
  readonly client: Client;
  /** By lane: `nemesis:<family>`. */
  readonly nemeses: ReadonlyMap<string, Nemesis>;
  readonly seed: number;
  /**
   * Takes every event in order. While a returned promise is unsettled, no operation begins; a rejection ends the run
   * with JepsenError "disk", unless it is a JepsenError itself.
   */
  readonly journal: (op: Op) => void | Promise<void>;
  /** For opening a client and its operation together. */
  readonly operationTimeoutMs: number;
  readonly nemesisTimeoutMs: number;
  /** For how long nothing may happen without a reason before the run ends with JepsenError "stalled". */
  readonly stallMs: number;
  /** Told how it goes, a few times a second. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends everything at once. */
  readonly abort: AbortSignal;
}
