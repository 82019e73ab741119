/** Is this history linearizable? */

import { TIME_MAX_MS } from "../../clock.ts";
import { JepsenError, messageOf } from "../../errors.ts";
import type { History } from "../../history/op.ts";
import { recipeOf } from "../../model/built-in.ts";
import type { Model } from "../../model/model.ts";
import { ALL_ROUNDS, NOT_YET, openUnits, type Rounds, searchUnits, type Unit, unitsOf } from "./decide.ts";
import { explainUnit } from "./explain.ts";
import { type Group, groupsOf } from "./group.ts";
import { INTERRUPTED, interruptible } from "./guard.ts";
import { Meter } from "./meter.ts";
import type { Failure, LinearizableResult } from "./result.ts";
import { summarize } from "./summarize.ts";
import { DEFAULT_TUNING, type Tuning } from "./tuning.ts";

/** How much a check may use, and what it should tell. */
export interface CheckOptions {
  /** Milliseconds for the verdict; then "unknown". Default 60 000, at most 12 days. */
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

/** How much longer than its time a check may take before it is broken off: it then hangs in the model. */
const GRACE = 1.05;
const GRACE_MS = 10;

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
  return finishCheck(beginCheck(model, history, options, ALL_ROUNDS));
}

/** A check under way. */
export interface Check {
  readonly model: Model;
  readonly options: CheckOptions;
  readonly tuning: Tuning;
  readonly meter: Meter;
  readonly groups: readonly Group[];
  readonly units: readonly Unit[];
}

/** Takes a history apart and searches as many rounds as are asked for. Throws as `checkLinearizable` does. */
export function beginCheck(model: Model, history: History, options: CheckOptions, rounds: Rounds): Check {
  const tuning = { ...DEFAULT_TUNING, ...options.tuning };
  const timeMs = Math.min(options.timeMs ?? TIME_MS, TIME_MAX_MS);
  if (Number.isNaN(timeMs))
    throw new JepsenError("usage", "The time for a check, timeMs, must be a number of milliseconds.");
  const meter = new Meter(timeMs, options.memoryBytes ?? MEMORY_BYTES);
  const groups = groupsOf(history);
  let units: readonly Unit[] = groups.map((group) => ({ group, decision: NOT_YET }));
  const done = guarded(model, timeMs, () => {
    units = unitsOf(model, groups, tuning, meter);
    searchUnits(model, units, tuning, meter, rounds);
  });
  if (!done) {
    for (const unit of openUnits(units)) unit.decision = { ...unit.decision, limit: "model" };
  }
  return { model, options, tuning, meter, groups, units };
}

/** Explains what was found, and puts the result together. */
export function finishCheck({ model, options, tuning, meter, groups, units }: Check): LinearizableResult {
  const { explainMs = EXPLAIN_MS, memoryBytes = MEMORY_BYTES } = options;
  const { failures, unexplained } =
    options.explain === false ? NOTHING_EXPLAINED : explain(model, units, tuning, explainMs, memoryBytes);
  const result = summarize(model, groups, units, failures, meter);
  if (unexplained === undefined) return result;
  return { ...result, summary: `${result.summary} It could not be explained: ${unexplained}`, unexplained };
}

interface Explanations {
  readonly failures: readonly Failure[];
  /** What one of them failed of. */
  readonly unexplained?: string | undefined;
}

const NOTHING_EXPLAINED: Explanations = { failures: [] };

function explain(
  model: Model,
  units: readonly Unit[],
  tuning: Tuning,
  explainMs: number,
  memoryBytes: number,
): Explanations {
  const meter = new Meter(explainMs, memoryBytes);
  const failures: Failure[] = [];
  let unexplained: string | undefined;
  const violated = units.filter(({ decision }) => decision.verdict === false).slice(0, EXPLAINED_MAX);
  guarded(model, explainMs, () => {
    for (const [i, unit] of violated.entries()) {
      try {
        failures.push(meter.withinShare(1 / (violated.length - i), () => explainUnit(model, unit, tuning, meter)));
      } catch (error) {
        unexplained = messageOf(error); // the verdict stands, whatever the model throws when it is asked why
      }
    }
  });
  return { failures, unexplained };
}

/** Runs something that asks the model; answers false when it had to be broken off, as the model did not come back. */
function guarded(model: Model, timeMs: number, run: () => void): boolean {
  if (recipeOf(model) === undefined && model.bounded !== true)
    return interruptible(run, timeMs * GRACE + GRACE_MS) !== INTERRUPTED;
  run();
  return true;
}
