import type { GeneratorLike } from "../test.ts";
import type { Lag } from "./lag.ts";
import { Loop } from "./loop.ts";
import type { InterpreterOptions } from "./options.ts";
import type { PhaseSummary } from "./tally.ts";

export type { Lag } from "./lag.ts";
export type { InterpreterOptions } from "./options.ts";
export type { PhaseSummary, Progress } from "./tally.ts";

/**
 * Runs generators against clients and nemeses, and gives every event to the journal.
 *
 * One loop asks the generator and drives everybody: no operation begins while a completion waits to be recorded, so
 * that operations do not look concurrent which are not. Client thread t talks to node t mod the number of nodes. After
 * an `info` the thread goes on as a new process, its number raised by the number of client threads, with a new client
 * unless the client is reusable; a nemesis lane stays what it is.
 *
 * An invocation is stamped and journaled before anything is sent, its completion when the whole answer is there; times
 * are whole nanoseconds since the start and strictly increase. An operation that runs out of time gets its signal
 * aborted and is recorded as `info` with the error code "timeout"; a late answer is thrown away, and the thread takes
 * its next operation when the client has let go of the old one (until then others go on without it). A client that
 * cannot be opened makes a `fail` with the code "no-client", a client that throws an `info`.
 */
export interface Interpreter {
  /**
   * Runs a generator until it is exhausted and its operations have ended. May be called again when it has settled, also
   * after an error other than "disk": processes, open clients, the time and the index go on.
   * `stop`: begins no new operation, and ends when those in flight have.
   *
   * Rejects with JepsenError "generator" (it threw, or gave what is no operation), "client" (a client or nemesis broke
   * its contract), "stalled" (nothing went on), "disk" (the journal failed) or "aborted". The history is complete then
   * too: operations still in flight get an `info`.
   */
  run(phase: string, generator: GeneratorLike, options?: { readonly stop?: AbortSignal }): Promise<PhaseSummary>;
  /** Closes all clients. Bounded, and never rejects. */
  close(): Promise<void>;
  lag(): Lag;
  /** Every phase that was run, also those that failed. */
  readonly phases: readonly PhaseSummary[];
}

/** Makes an interpreter; the clock of the run starts now. */
export function startInterpreter(options: InterpreterOptions): Interpreter {
  return new Loop(options);
}
