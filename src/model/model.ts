/**
 * Sequential specifications: what an object does when one operation comes after another. A model is a record of pure
 * functions; checkers ask it for the next state and never look inside a state.
 */

import type { Key } from "../history/op.ts";

/** One operation as a model sees it: an invocation joined with its completion. */
export interface ModelOp {
  readonly f: string;
  /** The value of the invocation: what was asked for. */
  readonly input: unknown;
  /** The value of the `ok` completion: what was answered. Undefined when the operation crashed. */
  readonly output: unknown;
  /**
   * True when nobody knows whether it happened, nor what it answered (`info`, or no completion at all). A model steps a
   * crashed operation to every state that some answer would allow, the state of having had no effect included where
   * that is possible; the checker itself adds the case that it never happened.
   */
  readonly crashed: boolean;
  /** Who invoked it; part of the operation only in models with `ownerAware`. */
  readonly process: number;
}

/** The answer of `step` when the operation cannot come next. `reason` completes "it cannot be next: …". */
export class Inconsistent {
  readonly #reason: string | (() => string);

  constructor(reason: string | (() => string)) {
    this.#reason = reason;
  }

  get reason(): string {
    return typeof this.#reason === "string" ? this.#reason : this.#reason();
  }
}

/** The answer of `step` when the specification leaves the next state open. */
export class OneOf<S> {
  readonly states: readonly S[];

  constructor(states: readonly S[]) {
    this.states = states;
  }
}

/** What `step` answers: the next state · a reason why there is none · several possible next states. */
export type Step<S> = S | Inconsistent | OneOf<S>;

/** A sequential specification. All functions are pure; states are never changed. */
export interface Model<S = unknown> {
  readonly name: string;
  /** One line for `--help`. */
  readonly description: string;
  /** The operations that it knows. */
  readonly fs: readonly string[];
  /** True promises that every function of the model ends soon; else a check guards against one that does not. */
  readonly bounded?: boolean;
  /** True if it matters which process acts (locks with an owner). */
  readonly ownerAware?: boolean;
  /** The state before the first operation. */
  init(): S;
  step(state: S, op: ModelOp): Step<S>;
  /** A primitive; equal keys mean equal states: no sequence of operations tells them apart. */
  stateKey(state: S): unknown;
  /** Whether this operation leaves every state as it is, in which it is possible at all. */
  readOnly(op: ModelOp): boolean;
  /**
   * The part of the object that this operation touches, where parts are independent objects of the same model; undefined
   * if it touches more than one. A history is split by part when every operation in it has one.
   */
  partition?(op: ModelOp): Key | undefined;
  /** For objects that show in each observation how they came to be; their changes are possible in every state. */
  readonly growth?: Growth<S>;
  /** The state in words, for explanations. Default: its key. */
  describeState?(state: S): string;
  /** The operation in words, for explanations. Default: `f` with its values. */
  describeOp?(op: ModelOp): string;
  /** How to read operations for the algorithms that need no search. */
  readonly structure?: Structure;
}

/** How a text or a list grows: what was done to it stays visible until it is set anew. */
export interface Growth<S> {
  /** Whether a change sets the object anew: the state after it does not depend on the one before. */
  resets(op: ModelOp): boolean;
  /** Whether changes that do not reset can make of a state one in which a completed observation is possible, if it is not. */
  leadsTo(state: S, observation: ModelOp): boolean;
  /** The same for many observations at once. */
  outlook(observations: readonly ModelOp[]): GrowthOutlook<S>;
}

/** Prepared to answer whether a state leads to any of some observations. */
export interface GrowthOutlook<S> {
  leadsToAny(state: S): boolean;
}

/**
 * How operations of a model look to near-linear algorithms, which apply when the values of a history are distinct.
 * `action` answers undefined for an operation that does not fit; the history is then searched instead. It is asked about
 * crashed operations too, read-only ones excepted.
 */
export type Structure =
  | { readonly kind: "register"; readonly initial: unknown; action(op: ModelOp): RegisterAction | undefined }
  | { readonly kind: "versions"; action(op: ModelOp): VersionedAction | undefined }
  | { readonly kind: "text"; readonly initial: string; action(op: ModelOp): TextAction | undefined }
  | { readonly kind: "list"; action(op: ModelOp): ListAction | undefined }
  | { readonly kind: "set"; action(op: ModelOp): SetAction | undefined }
  | { readonly kind: "fifo-queue"; action(op: ModelOp): QueueAction | undefined };

/** A read saw `value`; a write left it; a swap found `from` and left `value`. */
export type RegisterAction =
  | { readonly kind: "read"; readonly value: unknown }
  | { readonly kind: "write"; readonly value: unknown }
  | { readonly kind: "swap"; readonly from: unknown; readonly value: unknown };

/**
 * A read saw `value` at `version`; a write or swap made them, `version` undefined if it crashed. Versions grow with each
 * change; version 0, with null, is there from the beginning.
 */
export type VersionedAction =
  | { readonly kind: "read"; readonly version: number; readonly value: unknown }
  | { readonly kind: "write"; readonly version: number | undefined; readonly value: unknown }
  | { readonly kind: "swap"; readonly version: number | undefined; readonly value: unknown; readonly from: unknown };

/** A read saw the whole text; a put replaced it; an append added to its end. */
export interface TextAction {
  readonly kind: "read" | "put" | "append";
  readonly text: string;
}

/** A read saw the whole list; an append added to its end. */
export type ListAction =
  | { readonly kind: "read"; readonly items: readonly unknown[] }
  | { readonly kind: "append"; readonly item: unknown };

/** What happened to one element, or which elements a read of the whole set saw. */
export type SetAction =
  | { readonly kind: "add" | "remove" | "present" | "absent"; readonly element: unknown }
  | { readonly kind: "read"; readonly elements: readonly unknown[] };

/** `empty`: a dequeue that found nothing; `unknown`: one that crashed, and may have taken the oldest value. */
export type QueueAction =
  | { readonly kind: "enqueue" | "dequeue"; readonly value: unknown }
  | { readonly kind: "empty" }
  | { readonly kind: "unknown" };

/** A shorter way to say that an operation cannot come next. A search asks for few of the reasons: best give a function. */
export function inconsistent(reason: string | (() => string)): Inconsistent {
  return new Inconsistent(reason);
}
