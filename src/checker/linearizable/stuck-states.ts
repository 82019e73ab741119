/** What is possible right before an operation that cannot be linearized, and why nothing goes on from there. */

import type { Model } from "../../model/model.ts";
import { OpenOperations } from "./open-operations.ts";
import { clip, operationView } from "./operation-view.ts";
import type { Problem } from "./problem.ts";
import type { OperationView, StuckState } from "./result.ts";
import type { FrontierEntry } from "./search-outcome.ts";
import { ILLEGAL } from "./step-table.ts";
import type { Tuning } from "./tuning.ts";
import { holderOf } from "./witness.ts";

const STATES_MAX = 16;
const CONTINUATIONS_MAX = 8;

/** The different states of a frontier before a return, each with the reasons why it ends there. */
export function stuckStates(
  model: Model,
  problem: Problem,
  stuckAt: number,
  frontier: readonly FrontierEntry[],
  tuning: Tuning,
): StuckState[] {
  const { table } = problem;
  const open = new OpenOperations(problem, tuning);
  open.moveTo(stuckAt);
  const target = problem.returnClass[stuckAt] as number;
  // Of the configurations with one state, the one with most left to try.
  const byState = new Map<number, FrontierEntry>();
  for (const entry of frontier) {
    const known = byState.get(entry.state);
    if (known === undefined || entry.linearized.length < known.linearized.length) byState.set(entry.state, entry);
  }
  return [...byState.values()].slice(0, STATES_MAX).map((entry) => ({
    state: table.isDead(entry.state)
      ? "something that no operation ever saw"
      : clip(describeState(model, table.state(entry.state))),
    reason: clip(table.reason(entry.state, target) ?? "what comes after it leads nowhere"),
    continuations: continuations(model, problem, open, entry),
  }));
}

/** Open operations that were not linearized in a configuration, and where they lead. */
function continuations(
  model: Model,
  problem: Problem,
  open: OpenOperations,
  entry: FrontierEntry,
): { operation: OperationView; reason: string }[] {
  const { table } = problem;
  const stuckAt = open.at;
  const target = problem.returnClass[stuckAt] as number;
  const out: { operation: OperationView; reason: string }[] = [];
  for (let i = 0; i < open.mutatorCount && out.length < CONTINUATIONS_MAX; i++) {
    const slot = open.mutators[i] as number;
    if (slot === problem.returnSlot[stuckAt] || entry.linearized.includes(slot)) continue;
    const operation = open.mutatorClass[slot] as number;
    const next = table.next(entry.state, operation);
    out.push({
      operation: operationView(model, problem.group, holderOf(problem, stuckAt, slot)),
      reason: clip(reasonAgainst(problem, entry.state, operation, next, target)),
    });
  }
  return out;
}

function reasonAgainst(problem: Problem, state: number, operation: number, next: number, target: number): string {
  if (next === ILLEGAL) return problem.table.reason(state, operation) ?? "it is not possible here";
  if (next < 0) return "it leads to several states, none of which helps";
  const after = problem.table.reason(next, target);
  return after === undefined ? "after it, what else must come before has no place any more" : `after it, ${after}`;
}

function describeState(model: Model, state: unknown): string {
  return model.describeState?.(state) ?? String(model.stateKey(state));
}
