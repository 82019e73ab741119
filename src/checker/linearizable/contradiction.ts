/** A smallest set of operations that contradict each other. */

import type { Model } from "../../model/model.ts";
import { decideOne } from "./decide.ts";
import type { Group } from "./group.ts";
import { LimitReached, type Meter } from "./meter.ts";
import { type Round, roundOf, SMALL_ROUND } from "./solver.ts";
import type { Tuning } from "./tuning.ts";
import { returnsOf, weaken } from "./weaken.ts";

/** Operations that must have happened, and yet cannot all. */
export interface Core {
  /** Numbers of completed operations, in the order of their returns. */
  readonly required: readonly number[];
  /** Whether none of them can be weakened: each is needed. */
  readonly minimal: boolean;
}

/** More operations than this are not tried one by one: nobody reads them. */
const SINGLES_MAX = 150;

/**
 * Shrinks a set of completed operations that contradict each other, by delta debugging (Zeller & Hildebrandt 2002): half
 * of them is made optional at a time, then a quarter, down to single ones, as long as what remains is contradictory. What
 * that leaves is tried again with more effort, if something was not decided. Ends early when the meter does, with what it
 * has by then. Answers undefined when the set itself cannot be decided.
 */
export function findCore(
  model: Model,
  group: Group,
  suspects: readonly number[],
  tuning: Tuning,
  meter: Meter,
): Core | undefined {
  /** Whether everything that was tried since was decided. */
  let isSure = true;
  let rounds: readonly Round[] = [SMALL_ROUND];
  const contradicts = (numbers: readonly number[]): boolean => {
    if (numbers.length === 0) return false;
    const { group: part } = weaken(model, group, new Set(numbers));
    const { verdict } = decideOne(model, part, tuning, meter, rounds);
    if (verdict === "unknown") isSure = false;
    return verdict === false;
  };
  let core = latest(group, suspects, contradicts);
  if (core === undefined) return undefined;
  try {
    for (let chunk = Math.ceil(core.length / 2); ; ) {
      isSure = true;
      const smaller = withoutSomeChunk(core, chunk, contradicts);
      if (smaller !== undefined) {
        core = smaller;
        chunk = Math.min(chunk, Math.max(1, Math.ceil(core.length / 2)));
      } else if (chunk === 1) {
        if (isSure || rounds.length > 1) return { required: core, minimal: isSure };
        rounds = [SMALL_ROUND, roundOf(1)];
      } else if (chunk === 2 && core.length > SINGLES_MAX) {
        return { required: core, minimal: false };
      } else {
        chunk = Math.ceil(chunk / 2);
      }
    }
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return { required: core, minimal: false };
  }
}

/**
 * The last few suspects, by their returns, that contradict each other: twice as many each time. Most violations are
 * local, so that this leaves little to shrink.
 */
function latest(
  group: Group,
  suspects: readonly number[],
  contradicts: (numbers: readonly number[]) => boolean,
): number[] | undefined {
  const isSuspect = new Set(suspects);
  const inOrder = returnsOf(group).filter((number) => isSuspect.has(number));
  try {
    for (let count = 8; count < inOrder.length; count *= 2) {
      const last = inOrder.slice(-count);
      if (contradicts(last)) return last;
    }
    return contradicts(inOrder) ? inOrder : undefined;
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return undefined;
  }
}

/** The set without one chunk of it, if some such set is still contradictory. Later operations are kept rather. */
function withoutSomeChunk(
  core: readonly number[],
  chunk: number,
  contradicts: (numbers: readonly number[]) => boolean,
): number[] | undefined {
  for (let from = 0; from < core.length; from += chunk) {
    const rest = [...core.slice(0, from), ...core.slice(from + chunk)];
    if (contradicts(rest)) return rest;
  }
  return undefined;
}
