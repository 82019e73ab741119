/** Decides objects: without search where that is possible, and else by rounds of growing effort. */

import type { Model } from "../../model/model.ts";
import { type Group, partsOf } from "./group.ts";
import { LimitReached, type Meter } from "./meter.ts";
import { attempt, type Decision, type Round, roundOf } from "./solver.ts";
import { decideByStructure } from "./structure.ts";
import type { Tuning } from "./tuning.ts";

/** One object, or a part of one, and what is known of it. */
export interface Unit {
  readonly group: Group;
  decision: Decision;
}

/** Before anything was tried. */
export const NOT_YET: Decision = { verdict: "unknown", algorithm: "trivial", limit: "steps" };

/** How long undecided objects are searched on after the first violation, in proportion to the time used by then. */
const AFTER_VIOLATION = 4;
const AFTER_VIOLATION_MIN_MS = 500;

/** The objects as units to be decided; those that need no search are decided already. */
export function unitsOf(model: Model, groups: readonly Group[], tuning: Tuning, meter: Meter): Unit[] {
  return groups.flatMap((group) => {
    const decision = withoutSearch(model, group, tuning, meter);
    if (decision !== undefined) return [{ group, decision }];
    const parts = tuning.partition ? partsOf(model, group, tuning) : [group];
    return parts.map((part) => ({ group: part, decision: NOT_YET }));
  });
}

/** The rounds that are tried, from the first to the one before the last. */
export interface Rounds {
  readonly from: number;
  readonly to: number;
}

/** All rounds, until the budget is used up. */
export const ALL_ROUNDS: Rounds = { from: 0, to: Number.POSITIVE_INFINITY };

/**
 * Searches all undecided units, a round for each of them before the next round for any. After a violation the verdict is
 * out: the others get some more time, but not all of the budget.
 */
export function searchUnits(model: Model, units: readonly Unit[], tuning: Tuning, meter: Meter, rounds: Rounds): void {
  let open = openUnits(units);
  let violated = units.some(({ decision }) => decision.verdict === false);
  for (let round = rounds.from; round < rounds.to && open.length > 0; round++) {
    for (const unit of open) {
      unit.decision = attempt(model, unit.group, tuning, meter, roundOf(round));
      if (unit.decision.verdict !== false || violated) continue;
      violated = true;
      meter.shorten(timeAfterViolation(meter));
    }
    open = openUnits(open);
  }
}

/** Units that another round may decide. */
export function openUnits(units: readonly Unit[]): Unit[] {
  return units.filter(({ decision }) => isOpen(decision));
}

/** How many milliseconds undecided units are searched on once there is a violation. */
export function timeAfterViolation(meter: Meter): number {
  return Math.max(AFTER_VIOLATION_MIN_MS, AFTER_VIOLATION * meter.usedMs);
}

/** Decides one object in the given rounds at most, for an explanation. Throws LimitReached at the meter's limits. */
export function decideOne(
  model: Model,
  group: Group,
  tuning: Tuning,
  meter: Meter,
  rounds: readonly Round[],
): Decision {
  let decision = withoutSearch(model, group, tuning, meter) ?? NOT_YET;
  for (const round of rounds) if (isOpen(decision)) decision = attempt(model, group, tuning, meter, round);
  meter.look();
  return decision;
}

function isOpen(decision: Decision): boolean {
  return decision.verdict === "unknown" && decision.limit !== "time" && decision.limit !== "memory";
}

function withoutSearch(model: Model, group: Group, tuning: Tuning, meter: Meter): Decision | undefined {
  if (tuning.algorithm !== "auto" && tuning.algorithm !== "structure") return undefined;
  try {
    const decided = decideByStructure(model, group, tuning, meter);
    if (decided === undefined) return undefined;
    const { outcome, algorithm } = decided;
    return { ...outcome, algorithm };
  } catch (error) {
    if (error instanceof LimitReached) return { verdict: "unknown", algorithm: "trivial", limit: error.limit };
    throw error;
  }
}
