/** Is this history linearizable? */

import type { History, Key } from "../../history/op.ts";
import type { Model } from "../../model/model.ts";
import type { Verdict } from "../../test.ts";
import { explainGroup } from "./explain.ts";
import { type Group, groupSize, groupsOf, partsOf } from "./group.ts";
import { LimitReached, Meter } from "./meter.ts";
import { operationView } from "./operation-view.ts";
import type { Algorithm, Failure, LinearizableResult, Undecided } from "./result.ts";
import { attempt, type Decision } from "./solver.ts";
import { decideByStructure } from "./structure.ts";
import { DEFAULT_TUNING, type Tuning } from "./tuning.ts";

/** How much a check may use, and what it should tell. */
export interface CheckOptions {
  /** Milliseconds for the verdict; then "unknown". Default 60 000. */
  readonly timeMs?: number;
  /** Bytes that the search may hold; then "unknown". Default 1 GiB. */
  readonly memoryBytes?: number;
  /** Whether to explain a violation. Default true. */
  readonly explain?: boolean;
  /** Milliseconds for all explanations, once the verdict is out. Default 5 000. */
  readonly explainMs?: number;
  /** Switches of the engine, for tests and measurements. */
  readonly tuning?: Partial<Tuning>;
}

const LISTED_KEYS_MAX = 100;
const EXPLAINED_MAX = 10;

/** One independent object and what is known of it. */
interface Unit {
  readonly group: Group;
  decision: Decision;
}

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
  const meter = new Meter(options.timeMs ?? 60_000, options.memoryBytes ?? 2 ** 30);
  const groups = groupsOf(history);
  const units = decide(model, groups, tuning, meter);
  const failures = options.explain === false ? [] : explainAll(model, units, tuning, options);
  return result(model, groups, units, failures, meter);
}

/** Decides all objects: without search where that is possible, and else by rounds of growing effort. */
function decide(model: Model, groups: readonly Group[], tuning: Tuning, meter: Meter): Unit[] {
  const units = groups.flatMap((group) => begin(model, group, tuning, meter));
  let open = units.filter(({ decision }) => isOpen(decision));
  for (let round = 0; open.length > 0; round++) {
    for (const unit of open) unit.decision = attempt(model, unit.group, tuning, meter, round);
    open = open.filter(({ decision }) => isOpen(decision));
  }
  return units;
}

/** One object as what is to be searched: itself, decided or not, or its parts. */
function begin(model: Model, group: Group, tuning: Tuning, meter: Meter): Unit[] {
  if (tuning.algorithm === "auto" || tuning.algorithm === "structure") {
    const decided = byStructure(model, group, tuning, meter);
    if (decided !== undefined) return [{ group, decision: decided }];
  }
  const parts = tuning.partition ? partsOf(model, group) : [group];
  return parts.map((part) => ({ group: part, decision: { verdict: "unknown", algorithm: "trivial", limit: "steps" } }));
}

function byStructure(model: Model, group: Group, tuning: Tuning, meter: Meter): Decision | undefined {
  try {
    const decided = decideByStructure(model, group, tuning, meter);
    if (decided === undefined) return undefined;
    const { outcome, algorithm } = decided;
    return outcome.verdict ? { verdict: true, algorithm } : { verdict: false, algorithm, suspects: outcome.suspects };
  } catch (error) {
    if (error instanceof LimitReached) return { verdict: "unknown", algorithm: "trivial", limit: error.limit };
    throw error;
  }
}

/** Whether another round may decide it. */
function isOpen(decision: Decision): boolean {
  return decision.verdict === "unknown" && decision.limit !== "time" && decision.limit !== "memory";
}

function explainAll(model: Model, units: readonly Unit[], tuning: Tuning, options: CheckOptions): Failure[] {
  const meter = new Meter(options.explainMs ?? 5_000, options.memoryBytes ?? 2 ** 30);
  const failures: Failure[] = [];
  for (const unit of units) {
    if (unit.decision.verdict !== false || failures.length >= EXPLAINED_MAX) continue;
    try {
      const failure = explainGroup(model, unit.group, tuning, meter);
      if (failure !== undefined) failures.push(failure);
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error;
      break;
    }
  }
  return failures;
}

function result(
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
  const keysThatAre = (verdict: Verdict) => [...verdicts].filter(([, v]) => v === verdict).map(([key]) => key);
  const invalid = keysThatAre(false);
  const unknown = keysThatAre("unknown");
  const operations = groups.reduce((sum, group) => sum + groupSize(group), 0);
  const crashed = groups.reduce((sum, group) => sum + 2 * groupSize(group) - group.events.length, 0);
  const valid = invalid.length > 0 ? false : unknown.length > 0 ? "unknown" : true;
  const undecided = units.filter(({ decision }) => decision.verdict === "unknown").slice(0, EXPLAINED_MAX);
  return {
    valid,
    summary: summary(model, valid, operations, groups.length, invalid.length, unknown.length, failures),
    model: model.name,
    operations,
    crashed,
    explored: meter.explored,
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
  valid: Verdict,
  operations: number,
  objects: number,
  invalid: number,
  unknown: number,
  failures: readonly Failure[],
): string {
  const what = `${operations} operations on ${objects === 1 ? `a ${model.name}` : `${objects} keys, each a ${model.name}`}`;
  if (valid === true) return `${what} are linearizable.`;
  if (valid === "unknown") {
    return objects === 1
      ? `${what} were not decided within the budget.`
      : `${what}: ${unknown} keys were not decided within the budget.`;
  }
  const first = failures[0]?.sentence;
  const where = objects === 1 ? "are not linearizable" : `are not linearizable on ${invalid} of them`;
  return `${what} ${where}.${first === undefined ? "" : ` ${first}`}`;
}

function describeUndecided(model: Model, { group, decision }: Unit): Undecided {
  const completions = group.events.length - groupSize(group);
  const reached = decision.deepest ?? 0;
  const limit = decision.limit === "time" || decision.limit === "memory" ? decision.limit : "effort";
  const stuck = group.events.filter((event) => (event & 1) === 1)[reached];
  return {
    key: group.key ?? null,
    ...(group.part === undefined ? {} : { part: group.part }),
    sentence: `The ${limit} limit was reached after ${reached} of ${completions} completions.`,
    limit,
    completions,
    reached,
    ...(stuck === undefined ? {} : { operation: operationView(model, group, stuck >> 1) }),
  };
}
