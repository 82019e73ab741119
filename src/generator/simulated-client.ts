import type { Completion, Invocation, OpType, Random, Thread } from "../test.ts";

/** What a simulated client or nemesis answers, and after how many virtual nanoseconds (10 when left out). */
export interface SimulatedAnswer extends Completion {
  readonly latencyNs?: number | undefined;
}

/** What a simulated client may know beside the operation. */
export interface SimulatedContext {
  readonly thread: Thread;
  /** How the thread's operation before this one ended. */
  readonly previous: Exclude<OpType, "invoke"> | undefined;
  /** A stream of the clients' own: what they draw changes nothing for the generator. */
  readonly random: Random;
}

/**
 * Stands for all clients and nemeses of a simulation; called when an operation begins, in the order of the history.
 * `undefined`: no answer, which becomes `info` after the operation timeout. It may keep a database of its own, but a
 * simulation can only be repeated from the same state of it.
 */
export type SimulatedClient = (op: Invocation, context: SimulatedContext) => SimulatedAnswer | undefined;

/** What a simulated operation takes when nobody says otherwise. */
export const LATENCY_NS = 10;

const OK: SimulatedAnswer = { type: "ok" };
const OK_AT_ONCE: SimulatedAnswer = { type: "ok", latencyNs: 0 };
const FAIL: SimulatedAnswer = { type: "fail", error: { code: "simulated" } };
const INFO: SimulatedAnswer = { type: "info", error: { code: "simulated" } };

/** Everything is ok, after 10 ns. */
export const perfect: SimulatedClient = () => OK;

/** Everything is ok, at once. */
export const quick: SimulatedClient = () => OK_AT_ONCE;

/** Nobody ever knows; after 10 ns. */
export const info: SimulatedClient = () => INFO;

/** The operations of every thread are fail, info, ok, fail, … in turn; after 10 ns. */
export const imperfect: SimulatedClient = (_op, { previous }) => {
  if (previous === "fail") return INFO;
  return previous === "info" ? OK : FAIL;
};
