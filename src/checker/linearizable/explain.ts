/**
 * Why an object is not linearizable: where it goes wrong, what is possible there, and the fewest operations that
 * contradict each other. Everything in it is bounded by construction.
 */

import type { Model } from "../../model/model.ts";
import { findCore } from "./contradiction.ts";
import { decideOne, type Unit } from "./decide.ts";
import { findEdge } from "./edge.ts";
import { type Group, groupSize } from "./group.ts";
import { layered, NO_MERGING } from "./layered.ts";
import { LimitReached, type Meter } from "./meter.ts";
import { operationView } from "./operation-view.ts";
import { compileProblem } from "./problem.ts";
import type { Contradiction, Failure, OperationView, StuckState } from "./result.ts";
import { contradictionSentence, failureSentence } from "./story.ts";
import { stuckStates } from "./stuck-states.ts";
import type { Tuning } from "./tuning.ts";
import { returnsOf, weaken } from "./weaken.ts";
import { linearization } from "./witness.ts";

/** Steps for finding the stuck states, and for finding a linearization of what comes before. */
const STEPS_MAX = 100_000;
/** More of them for each operation; the time is bounded anyway. */
const STEPS_PER_OPERATION = 300;
/** Without looking ahead, all states are told by name; merging, there are more than are possible. */
const WAYS_TO_STATES = [
  { outlook: false, merging: NO_MERGING, share: 0.2 },
  { outlook: true, merging: NO_MERGING, share: 1 },
  { outlook: true, merging: { coarse: true, chainMax: 1 }, share: 1 },
] as const;
const PREFIX_OPERATIONS_MAX = 10;
const CONTRADICTION_MAX = 100;
/** Objects with more operations are not searched for an explanation. */
const SEARCHED_MAX = 200_000;

/** Explains an object whose verdict is false, as far as the meter allows. */
export function explainUnit(model: Model, { group, decision }: Unit, tuning: Tuning, meter: Meter): Failure {
  const returns = returnsOf(group);
  const { at, exact, suspects } = meter.withinShare(0.5, () =>
    findEdge(model, group, returns, decision, tuning, meter),
  );
  const operation = operationView(model, group, returns[at] as number);
  const inHalf = <T>(find: () => T, otherwise: T) => within(() => meter.withinShare(0.5, find), otherwise);
  const contradiction = inHalf(() => contradictionOf(model, group, suspects, tuning, meter), undefined);
  const states = inHalf(() => statesAt(model, group, returns.slice(0, at + 1), tuning, meter), []);
  const last = inHalf(() => prefix(model, group, returns.slice(0, at), tuning, meter), []);
  return {
    key: group.key ?? null,
    ...(group.part === undefined ? {} : { part: group.part }),
    sentence: failureSentence(group, model.name, { operation, exact, states, contradiction }),
    operation,
    exact,
    prefix: { completions: at, last },
    states,
    ...(contradiction === undefined ? {} : { contradiction }),
  };
}

/** Possible states before the last of some returns, which cannot be reached. */
function statesAt(model: Model, group: Group, required: readonly number[], tuning: Tuning, meter: Meter): StuckState[] {
  const { group: part } = weaken(model, group, new Set(required));
  if (groupSize(part) > SEARCHED_MAX) return [];
  for (const { outlook, merging, share } of WAYS_TO_STATES) {
    const steps = share * (STEPS_MAX + STEPS_PER_OPERATION * groupSize(part));
    const states = meter.within(() => {
      const problem = compileProblem(model, part, { ...tuning, outlook }, meter);
      const { verdict, frontier } = layered(problem, tuning, meter, steps, merging);
      if (verdict !== false || frontier === undefined) return [];
      return stuckStates(model, problem, frontier.at, frontier.entries, tuning);
    });
    if (states.length > 0) return states;
  }
  return [];
}

/** The last operations of a linearization of what can be linearized. */
function prefix(
  model: Model,
  group: Group,
  required: readonly number[],
  tuning: Tuning,
  meter: Meter,
): OperationView[] {
  if (required.length === 0 || groupSize(group) > SEARCHED_MAX) return [];
  const { group: part, numbers } = weaken(model, group, new Set(required));
  const order = meter.within(() => {
    const problem = compileProblem(model, part, tuning, meter);
    return linearization(problem, tuning, meter, STEPS_MAX) ?? [];
  });
  const last = order.slice(-PREFIX_OPERATIONS_MAX);
  return last.map((number) => operationView(model, group, numbers[number] as number));
}

/** The fewest of the suspects that contradict each other, if there is time to find them, and they are few enough to read. */
function contradictionOf(
  model: Model,
  group: Group,
  suspects: readonly number[],
  tuning: Tuning,
  meter: Meter,
): Contradiction | undefined {
  const core = findCore(model, group, suspects, tuning, meter);
  if (core === undefined || core.required.length > CONTRADICTION_MAX) return undefined;
  const { required, minimal } = core;
  const operations = required.map((number) => operationView(model, group, number));
  const indexes = operations.flatMap(({ invoked, completed }) => [invoked, completed as number]).sort((a, b) => a - b);
  const reasons = within(() => reasonsAgainst(model, group, required, tuning, meter), []);
  return { indexes, operations, sentence: contradictionSentence(operations, reasons), minimal };
}

/** Why some operations contradict each other: the rule that they break, if one is known by name, or state by state. */
function reasonsAgainst(
  model: Model,
  group: Group,
  required: readonly number[],
  tuning: Tuning,
  meter: Meter,
): readonly string[] {
  const { reason } = decideOne(model, weaken(model, group, new Set(required)).group, tuning, meter, []);
  if (reason !== undefined) return [reason];
  return [...new Set(statesAt(model, group, required, tuning, meter).map((state) => state.reason))];
}

/** The answer, or another one when the meter's limit is reached. */
function within<T>(find: () => T, otherwise: T): T {
  try {
    return find();
  } catch (error) {
    if (error instanceof LimitReached) return otherwise;
    throw error;
  }
}
