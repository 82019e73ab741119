/** Is this history linearizable? */

import type { History } from "../../history/op.ts";
import type { Model } from "../../model/model.ts";
import { searchUnits, type Unit, unitsOf } from "./decide.ts";
import { explainUnit } from "./explain.ts";
import { groupsOf } from "./group.ts";
import { Meter } from "./meter.ts";
import type { Failure, LinearizableResult } from "./result.ts";
import { summarize } from "./summarize.ts";
import { DEFAULT_TUNING, type Tuning } from "./tuning.ts";

/** How much a check may use, and what it should tell. */
export interface CheckOptions {
  /** Milliseconds for the verdict; then "unknown". Default 60 000. */
  readonly timeMs?: number;
  /** Bytes that the search may hold, beside the history itself; then "unknown". Default 1 GiB. */
  readonly memoryBytes?: number;
  /** Whether to explain a violation. Default true. */
  readonly explain?: boolean;
  /** Milliseconds for all explanations, once the verdict is out. Default 5 000. */
  readonly explainMs?: number;
  /** Switches of the engine, for tests and measurements. */
  readonly tuning?: Partial<Tuning>;
}

const TIME_MS = 60_000;
const MEMORY_BYTES = 2 ** 30;
const EXPLAIN_MS = 5_000;
const EXPLAINED_MAX = 10;

/**
 * Whether the clients' operations of a history could have happened one at a time, each at some moment between its
 * invocation and its completion, on an object that behaves as the model says. The order of events in the array is the
 * order of real time; an operation that completes right before another is invoked precedes it. Operations that failed
 * did not happen; those with an unknown outcome (`info`, or no completion) may have happened at any time after their
 * invocation, or never. Operations with different keys are on different objects.
 *
 * Runs until it is done or out of budget. Throws JepsenError "corrupt" for a history that is none (a completion without
 * invocation), "usage" for operations or values that the model does not know.
 */
export function checkLinearizable(model: Model, history: History, options: CheckOptions = {}): LinearizableResult {
  const tuning = { ...DEFAULT_TUNING, ...options.tuning };
  const memoryBytes = options.memoryBytes ?? MEMORY_BYTES;
  const meter = new Meter(options.timeMs ?? TIME_MS, memoryBytes);
  const groups = groupsOf(history);
  const units = unitsOf(model, groups, tuning, meter);
  searchUnits(model, units, tuning, meter);
  const failures =
    options.explain === false
      ? []
      : explain(model, units, tuning, new Meter(options.explainMs ?? EXPLAIN_MS, memoryBytes));
  return summarize(model, groups, units, failures, meter.explored);
}

function explain(model: Model, units: readonly Unit[], tuning: Tuning, meter: Meter): Failure[] {
  const violated = units.filter(({ decision }) => decision.verdict === false).slice(0, EXPLAINED_MAX);
  return violated.map((unit) => explainUnit(model, unit, tuning, meter));
}
