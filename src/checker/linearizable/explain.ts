/** Why an object is not linearizable: where it goes wrong, and what is possible there. Bounded by construction. */

import type { Model } from "../../model/model.ts";
import type { Group } from "./group.ts";
import { layered, NO_MERGING } from "./layered.ts";
import type { Meter } from "./meter.ts";
import { clip, operationView } from "./operation-view.ts";
import { compileProblem, disposeProblem, MUTATOR_STRIDE, type Problem } from "./problem.ts";
import type { Failure, OperationView, StuckState } from "./result.ts";
import type { FrontierEntry } from "./search-outcome.ts";
import type { Tuning } from "./tuning.ts";

const STATES_MAX = 16;
const CONTINUATIONS_MAX = 8;
const PREFIX_OPERATIONS_MAX = 10;
/** Configurations that finding the stuck states may explore. */
const STEPS_MAX = 200_000;

/** Explains an object whose verdict is false. Answers undefined when its limits do not suffice. */
export function explainGroup(model: Model, group: Group, tuning: Tuning, meter: Meter): Failure | undefined {
  const problem = compileProblem(model, group, tuning, meter);
  try {
    for (const merging of [NO_MERGING, { coarse: true, chainMax: 1 }]) {
      const outcome = layered(problem, tuning, meter, STEPS_MAX, merging);
      if (outcome.verdict !== false) continue;
      return failure(model, problem, outcome.deepest ?? 0, outcome.frontier ?? [], merging === NO_MERGING);
    }
    return undefined;
  } finally {
    disposeProblem(problem, meter);
  }
}

function failure(
  model: Model,
  problem: Problem,
  stuckAt: number,
  frontier: readonly FrontierEntry[],
  exact: boolean,
): Failure {
  const { group } = problem;
  const operation = operationView(model, group, problem.returnOp[stuckAt] as number);
  const states = stuckStates(model, problem, stuckAt, frontier);
  const last = [...problem.returnOp.subarray(Math.max(0, stuckAt - PREFIX_OPERATIONS_MAX), stuckAt)];
  return {
    key: group.key ?? null,
    ...(group.part === undefined ? {} : { part: group.part }),
    sentence: sentence(group, operation, states),
    operation,
    exact,
    prefix: { completions: stuckAt, last: last.map((number) => operationView(model, group, number)) },
    states,
  };
}

function sentence(group: Group, operation: OperationView, states: readonly StuckState[]): string {
  const where = group.key === undefined ? "" : `Key ${JSON.stringify(group.key)}: `;
  const why = states[0] === undefined ? "" : `: ${states[0].reason}`;
  return `${where}${operation.text} (process ${operation.process}, operation ${operation.completed ?? operation.invoked}) cannot be linearized${why}.`;
}

/** The different states of the frontier, each with the reasons why it ends there. */
function stuckStates(
  model: Model,
  problem: Problem,
  stuckAt: number,
  frontier: readonly FrontierEntry[],
): StuckState[] {
  const { table } = problem;
  const target = problem.returnClass[stuckAt] as number;
  const bySate = new Map<number, FrontierEntry>();
  for (const entry of frontier) {
    const known = bySate.get(entry.state);
    if (known === undefined || entry.linearized.length < known.linearized.length) bySate.set(entry.state, entry);
  }
  return [...bySate.values()].slice(0, STATES_MAX).map((entry) => ({
    state: clip(describeState(model, table.state(entry.state))),
    reason: clip(table.reason(entry.state, target) ?? "what comes after it leads nowhere"),
    continuations: continuations(model, problem, stuckAt, entry),
  }));
}

/** Open operations that were not linearized in a configuration, and where they lead. */
function continuations(
  model: Model,
  problem: Problem,
  stuckAt: number,
  entry: FrontierEntry,
): { operation: OperationView; reason: string }[] {
  const { mutators, mutatorStart, table } = problem;
  const target = problem.returnClass[stuckAt] as number;
  const out: { operation: OperationView; reason: string }[] = [];
  for (let i = mutatorStart[stuckAt] as number; i < (mutatorStart[stuckAt + 1] as number); i += MUTATOR_STRIDE) {
    const slot = mutators[i] as number;
    const number = operationInSlot(problem, stuckAt, slot);
    if (out.length >= CONTINUATIONS_MAX || number === undefined || entry.linearized.includes(slot)) continue;
    if (number === problem.returnOp[stuckAt]) continue;
    const next = table.next(entry.state, mutators[i + 1] as number);
    const own = table.reason(entry.state, mutators[i + 1] as number);
    const reason =
      own ??
      (next < 0
        ? "it leads to several states, none of which helps"
        : `after it, ${table.reason(next, target) ?? "it is no better"}`);
    out.push({ operation: operationView(model, problem.group, number), reason: clip(reason) });
  }
  return out;
}

/** Which operation holds a mutator's slot at a return: the one with that slot that returns next. */
function operationInSlot(problem: Problem, stuckAt: number, slot: number): number | undefined {
  for (let r = stuckAt; r < problem.returns; r++) {
    if (problem.returnSlot[r] === slot) return problem.returnOp[r];
  }
  return undefined;
}

function describeState(model: Model, state: unknown): string {
  return model.describeState?.(state) ?? String(model.stateKey(state));
}
