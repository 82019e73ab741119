/** The result of a check from what is known of its objects. */

import type { Key } from "../../history/op.ts";
import type { Model } from "../../model/model.ts";
import type { Verdict } from "../../test.ts";
import type { Unit } from "./decide.ts";
import { type Group, groupSize } from "./group.ts";
import type { Meter } from "./meter.ts";
import { operationView } from "./operation-view.ts";
import type { Algorithm, Failure, LinearizableResult, Undecided } from "./result.ts";
import { returnsOf } from "./weaken.ts";

const LISTED_KEYS_MAX = 100;
const UNDECIDED_MAX = 10;

/** Puts a result together. `groups`: all objects; `units`: the objects, or their parts, with their decisions. */
export function summarize(
  model: Model,
  groups: readonly Group[],
  units: readonly Unit[],
  failures: readonly Failure[],
  meter: Meter,
): LinearizableResult {
  const verdicts = new Map<Key | null, Verdict>();
  const algorithms: Partial<Record<Algorithm, number>> = {};
  for (const { group, decision } of units) {
    const key = group.key ?? null;
    verdicts.set(key, worse(verdicts.get(key) ?? true, decision.verdict));
    algorithms[decision.algorithm] = (algorithms[decision.algorithm] ?? 0) + 1;
  }
  const keysThatAre = (verdict: Verdict) => [...verdicts].filter(([, own]) => own === verdict).map(([key]) => key);
  const invalid = keysThatAre(false);
  const unknown = keysThatAre("unknown");
  const operations = groups.reduce((sum, group) => sum + groupSize(group), 0);
  const crashed = groups.reduce((sum, group) => sum + 2 * groupSize(group) - group.events.length, 0);
  const valid = invalid.length > 0 ? false : unknown.length > 0 ? "unknown" : true;
  const undecided = units.filter(({ decision }) => decision.verdict === "unknown").slice(0, UNDECIDED_MAX);
  return {
    valid,
    summary: summary(model, operations, groups.length, invalid.length, unknown.length, failures),
    model: model.name,
    operations,
    crashed,
    explored: meter.explored,
    memoryBytes: meter.peakBytes,
    algorithms,
    keys: {
      checked: groups.length,
      invalid: invalid.slice(0, LISTED_KEYS_MAX),
      unknown: unknown.slice(0, LISTED_KEYS_MAX),
    },
    failures,
    undecided: undecided.map((unit) => describeUndecided(model, unit)),
  };
}

function worse(a: Verdict, b: Verdict): Verdict {
  if (a === false || b === false) return false;
  return a === "unknown" || b === "unknown" ? "unknown" : true;
}

function summary(
  model: Model,
  operations: number,
  objects: number,
  invalid: number,
  unknown: number,
  failures: readonly Failure[],
): string {
  const what = `${operations} operations on ${objects === 1 ? `one ${model.name}` : `${objects} keys, each one ${model.name},`}`;
  const many = objects > 1;
  if (invalid > 0) {
    const count = many ? ` on ${invalid} of the keys` : "";
    return `${what} are not linearizable${count}.${failures[0] === undefined ? "" : ` ${failures[0].sentence}`}`;
  }
  if (unknown > 0) return `${what} could not be decided within the budget${many ? ` on ${unknown} of the keys` : ""}.`;
  return `${what} are linearizable.`;
}

function describeUndecided(model: Model, { group, decision }: Unit): Undecided {
  const returns = returnsOf(group);
  const reached = decision.deepest ?? 0;
  const limit = decision.limit === "memory" || decision.limit === "model" ? decision.limit : "time";
  const stuck = returns[reached];
  return {
    key: group.key ?? null,
    ...(group.part === undefined ? {} : { part: group.part }),
    sentence: `${LIMITS[limit]} after ${reached} of ${returns.length} completions were put in order.`,
    limit,
    completions: returns.length,
    reached,
    ...(stuck === undefined ? {} : { operation: operationView(model, group, stuck) }),
  };
}

const LIMITS = {
  time: "The time was up",
  memory: "The memory was used up",
  model: "A step of the model did not end",
} as const;
