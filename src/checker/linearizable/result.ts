/** What a linearizability check answers: plain JSON of bounded size. */

import type { Key } from "../../history/op.ts";
import type { Result, Verdict } from "../../test.ts";

/** How a verdict was reached. */
export type Algorithm =
  | "trivial" // nothing to decide
  | "zones" // registers and lists with distinct values, without search
  | "versions" // registers whose answers carry versions, without search
  | "set" // sets whose elements come and go once, without search
  | "queue" // fifo queues with distinct values, without search
  | "reachability" // an operation that no reachable state allows
  | "depth-first"
  | "layered";

/** The result of `checkLinearizable`. `summary` says it in a sentence. */
export interface LinearizableResult extends Result {
  readonly valid: Verdict;
  readonly summary: string;
  readonly model: string;
  /** Client operations that were checked: all but those that did not happen (`fail`). */
  readonly operations: number;
  /** Those of them whose outcome is unknown. */
  readonly crashed: number;
  /** Configurations that were explored. */
  readonly explored: number;
  /** The most bytes that the search held at one time, beside the history itself. */
  readonly memoryBytes: number;
  /** How many objects each algorithm decided. */
  readonly algorithms: Readonly<Partial<Record<Algorithm, number>>>;
  /** Objects by key. A history without keys is one object, listed as null. At most 100 keys are listed of each kind. */
  readonly keys: {
    readonly checked: number;
    readonly invalid: readonly (Key | null)[];
    readonly unknown: readonly (Key | null)[];
  };
  /** What is wrong, for the first ten objects that are not linearizable. */
  readonly failures: readonly Failure[];
  /** Why some of those are not among `failures`: what went wrong while they were explained, in the model for example. */
  readonly unexplained?: string;
  /** How far it got, for the first ten objects that were not decided. */
  readonly undecided: readonly Undecided[];
}

/** An operation of the history, for people and for a report that has the history. */
export interface OperationView {
  /** `index` of the invocation. */
  readonly invoked: number;
  /** `index` of the completion; absent when it crashed without one. */
  readonly completed?: number;
  readonly process: number;
  /** In words, at most 200 characters: `read → 3`. */
  readonly text: string;
}

/** Why one object is not linearizable. */
export interface Failure {
  readonly key: Key | null;
  /** The part of the object, where the model splits it. */
  readonly part?: Key;
  /** The verdict in words. */
  readonly sentence: string;
  /** The first operation that cannot be linearized: up to the completion before its own, the history is in order. */
  readonly operation: OperationView;
  /** False when that is only known to be so at this operation or before it. */
  readonly exact: boolean;
  /**
   * The longest part of the object's history that can be linearized: how many completions it has, and the last ten
   * operations of a linearization of it, in the order in which they take effect; none when there was no time to find it.
   */
  readonly prefix: { readonly completions: number; readonly last: readonly OperationView[] };
  /** States that are possible right before the operation completes, and why each cannot go on. At most 16. */
  readonly states: readonly StuckState[];
  /** A smallest set of operations that contradict each other; absent when there was no time to find one. */
  readonly contradiction?: Contradiction;
}

/** One state in which the operation cannot be linearized. */
export interface StuckState {
  readonly state: string;
  /** Why the operation cannot come next here. */
  readonly reason: string;
  /** Other open operations that could come before it here, and why that does not help. At most 8. */
  readonly continuations: readonly { readonly operation: OperationView; readonly reason: string }[];
}

/**
 * Completed operations that cannot be put into any order that the model allows, even if everything else in the history
 * had only perhaps happened. Bounded to 100 operations.
 */
export interface Contradiction {
  /** `index` of every event that takes part: invocations and completions, in order. */
  readonly indexes: readonly number[];
  /** In the order of their completions. */
  readonly operations: readonly OperationView[];
  /** All of it in words. */
  readonly sentence: string;
  /** True when each of them is needed: if one had only perhaps happened, there would be no contradiction. */
  readonly minimal: boolean;
}

/** What was learned of an object that was not decided. */
export interface Undecided {
  readonly key: Key | null;
  readonly part?: Key;
  /** Why it was not decided, in words. */
  readonly sentence: string;
  readonly limit: "time" | "memory" | "model";
  /** Completions of the object, and how many of them some linearization reaches. */
  readonly completions: number;
  readonly reached: number;
  /** The operation at which it got stuck. */
  readonly operation?: OperationView;
}
