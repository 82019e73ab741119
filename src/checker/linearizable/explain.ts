/**
 * Why an object is not linearizable: where it goes wrong, what is possible there, and the fewest operations that
 * contradict each other. Everything in it is bounded by construction.
 */

import type { Model } from "../../model/model.ts";
import { findCore } from "./contradiction.ts";
import { decideOne, type Unit } from "./decide.ts";
import { type Group, groupSize } from "./group.ts";
import { layered, NO_MERGING } from "./layered.ts";
import { LimitReached, type Meter } from "./meter.ts";
import { operationView } from "./operation-view.ts";
import { compileProblem } from "./problem.ts";
import type { Contradiction, Failure, OperationView, StuckState } from "./result.ts";
import { roundOf } from "./solver.ts";
import { stuckStates } from "./stuck-states.ts";
import type { Tuning } from "./tuning.ts";
import { returnsOf, weaken } from "./weaken.ts";
import { linearization } from "./witness.ts";

/** Steps for finding the stuck states, and for finding a linearization of what comes before. */
const STEPS_MAX = 100_000;
/** Without looking ahead, all states are told by name; merging, there are more than are possible. */
const WAYS_TO_STATES = [
  { outlook: false, merging: NO_MERGING, steps: 20_000 },
  { outlook: true, merging: NO_MERGING, steps: STEPS_MAX },
  { outlook: true, merging: { coarse: true, chainMax: 1 }, steps: STEPS_MAX },
] as const;
const PREFIX_OPERATIONS_MAX = 10;
/** A contradiction of more operations is not told as a story. */
const STORY_MAX = 6;
const CONTRADICTION_MAX = 100;
/** Objects with more operations are not searched for an explanation. */
const SEARCHED_MAX = 200_000;

/** Where a history stops being linearizable. */
interface Edge {
  /** The number of the return that cannot be reached. */
  readonly at: number;
  /** Whether everything before it can be linearized; if not, that is only not known. */
  readonly exact: boolean;
}

/** Explains an object whose verdict is false, as far as the meter allows. */
export function explainUnit(model: Model, { group, decision }: Unit, tuning: Tuning, meter: Meter): Failure {
  const returns = returnsOf(group);
  const known = decision.suspects ?? returns.slice(0, (decision.deepest ?? returns.length - 1) + 1);
  const edge = findEdge(model, group, returns, known, tuning, meter);
  const operation = operationView(model, group, returns[edge.at] as number);
  const suspects = decision.suspects ?? returns.slice(0, edge.at + 1);
  const states = within(() => statesAt(model, group, returns.slice(0, edge.at + 1), tuning, meter), []);
  const last = within(() => prefix(model, group, returns.slice(0, edge.at), tuning, meter), []);
  const core = within(() => findCore(model, group, suspects, tuning, meter), undefined);
  const contradiction =
    core === undefined || core.required.length > CONTRADICTION_MAX
      ? undefined
      : within(() => describeCore(model, group, core.required, core.minimal, tuning, meter), undefined);
  return {
    key: group.key ?? null,
    ...(group.part === undefined ? {} : { part: group.part }),
    sentence: `${where(group)}${sentence(model, operation, states, edge.exact, contradiction)}`,
    operation,
    exact: edge.exact,
    prefix: { completions: edge.at, last },
    states,
    ...(contradiction === undefined ? {} : { contradiction }),
  };
}

/**
 * The first return that cannot be reached, starting from operations that are known to contradict each other. The parts
 * of a history up to its returns are linearizable up to some return, and not from there on.
 */
function findEdge(
  model: Model,
  group: Group,
  returns: readonly number[],
  known: readonly number[],
  tuning: Tuning,
  meter: Meter,
): Edge {
  const rank = new Map(returns.map((number, i) => [number, i]));
  const lastRank = (numbers: readonly number[]) =>
    numbers.reduce((last, number) => Math.max(last, rank.get(number) ?? 0), 0);
  let reachable = 0;
  let unreachable = lastRank(known);
  try {
    for (let probe = unreachable; reachable < unreachable; probe = Math.ceil((reachable + unreachable) / 2)) {
      const { group: part, numbers } = weaken(model, group, new Set(returns.slice(0, probe)));
      const decision = decideOne(model, part, tuning, meter, [roundOf(0), roundOf(1)]);
      if (decision.verdict === "unknown") return { at: unreachable, exact: false };
      if (decision.verdict) {
        reachable = probe;
        continue;
      }
      const blamed = decision.suspects?.map((number) => numbers[number] as number);
      unreachable = Math.min(probe - 1, blamed === undefined ? (decision.deepest ?? probe) : lastRank(blamed));
    }
    return { at: unreachable, exact: true };
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return { at: unreachable, exact: false };
  }
}

/** Possible states before the last of some returns, which cannot be reached. */
function statesAt(model: Model, group: Group, required: readonly number[], tuning: Tuning, meter: Meter): StuckState[] {
  const { group: part } = weaken(model, group, new Set(required));
  if (groupSize(part) > SEARCHED_MAX) return [];
  for (const { outlook, merging, steps } of WAYS_TO_STATES) {
    const states = meter.within(() => {
      const problem = compileProblem(model, part, { ...tuning, outlook }, meter);
      const { verdict, frontier } = layered(problem, tuning, meter, steps, merging);
      if (verdict !== false || frontier === undefined) return [];
      return stuckStates(model, problem, frontier.at, frontier.entries);
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

function describeCore(
  model: Model,
  group: Group,
  required: readonly number[],
  minimal: boolean,
  tuning: Tuning,
  meter: Meter,
): Contradiction {
  const operations = required.map((number) => operationView(model, group, number));
  const states = within(() => statesAt(model, group, required, tuning, meter), []);
  const indexes = operations.flatMap(({ invoked, completed }) => [invoked, completed as number]).sort((a, b) => a - b);
  return { indexes, operations, sentence: coreSentence(operations, states), minimal };
}

function where(group: Group): string {
  if (group.key === undefined && group.part === undefined) return "";
  const names = [group.key, group.part].filter((name) => name !== undefined).map((name) => JSON.stringify(name));
  return `Key ${names.join(", ")}: `;
}

/** A short contradiction tells more than the place where it shows. */
function sentence(
  model: Model,
  operation: OperationView,
  states: readonly StuckState[],
  exact: boolean,
  contradiction: Contradiction | undefined,
): string {
  if (contradiction !== undefined && contradiction.operations.length <= STORY_MAX) return contradiction.sentence;
  const at = `${named(operation)} cannot be put in order${exact ? "" : ", or something before it"}`;
  if (states.length === 0) return `${at}.`;
  const names = states.slice(0, 3).map(({ state }) => state);
  const only = `${names.join(" or ")}${states.length > 3 ? " or one of some others" : ""}`;
  return `${at}: after all that completed before it, the ${model.name} can only be ${only}; ${states[0]?.reason}.`;
}

/** The story of a contradiction: what happened in which order, and why the last of it does not fit. */
function coreSentence(operations: readonly OperationView[], states: readonly StuckState[]): string {
  const last = operations.at(-1) as OperationView;
  const reasons = [...new Set(states.map(({ reason }) => reason))];
  const more = reasons.length > 3 ? "; and so on" : "";
  const why = reasons.length === 0 ? "" : `: ${reasons.slice(0, 3).join("; or ")}${more}`;
  if (operations.length === 1) return `${named(last)} is impossible at any moment${why}.`;
  const told = operations.length <= STORY_MAX ? operations : [operations[0] as OperationView, ...operations.slice(-3)];
  const story = told.map((operation, i) => {
    const before = told[i - 1];
    if (before === undefined) return named(operation);
    const skipped = i === 1 ? operations.length - told.length : 0;
    const others = skipped > 0 ? `${skipped} other operations, ` : "";
    return `${others}${(before.completed as number) < operation.invoked ? "then" : "and meanwhile"} ${named(operation)}`;
  });
  return `${story.join(", ")}: in no order does ${last.text} fit${why}.`;
}

/** `write 2 by process 0 (#4–#7)`. */
function named(operation: OperationView): string {
  return `${operation.text} by process ${operation.process} (#${operation.invoked}–#${operation.completed ?? "?"})`;
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
