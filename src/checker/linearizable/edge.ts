/** Where a history stops being linearizable. */

import type { Model } from "../../model/model.ts";
import { decideOne } from "./decide.ts";
import type { Group } from "./group.ts";
import { LimitReached, type Meter } from "./meter.ts";
import { type Decision, roundOf } from "./solver.ts";
import type { Tuning } from "./tuning.ts";
import { weaken } from "./weaken.ts";

/** The first return that no linearization reaches. */
export interface Edge {
  /** Its number among the returns. */
  readonly at: number;
  /** Whether everything before it can be linearized; if not, that is only not known. */
  readonly exact: boolean;
  /** Numbers of completed operations up to it that contradict each other. */
  readonly suspects: readonly number[];
}

/**
 * Finds the edge of an object whose verdict is false. The parts of its history up to its returns are linearizable up to
 * some return, and not from there on; so it is found by halving.
 */
export function findEdge(
  model: Model,
  group: Group,
  returns: readonly number[],
  decision: Decision,
  tuning: Tuning,
  meter: Meter,
): Edge {
  const rank = new Map(returns.map((number, i) => [number, i]));
  const lastOf = (numbers: readonly number[]) =>
    numbers.reduce((last, number) => Math.max(last, rank.get(number) ?? 0), 0);
  let suspects = decision.suspects ?? returns.slice(0, (decision.deepest ?? returns.length - 1) + 1);
  let reachable = 0;
  let unreachable = lastOf(suspects);
  const edge = (exact: boolean): Edge => ({ at: unreachable, exact, suspects });
  try {
    for (let probe = unreachable; reachable < unreachable; probe = Math.ceil((reachable + unreachable) / 2)) {
      const { group: part, numbers } = weaken(model, group, new Set(returns.slice(0, probe)));
      const { verdict, suspects: blamed, deepest } = decideOne(model, part, tuning, meter, [roundOf(0), roundOf(1)]);
      if (verdict === "unknown") return edge(false);
      if (verdict) {
        reachable = probe;
        continue;
      }
      const last = Math.min(probe - 1, deepest ?? probe);
      const isRequired = (number: number) => (rank.get(number) ?? probe) < probe;
      suspects = blamed?.map((number) => numbers[number] as number).filter(isRequired) ?? returns.slice(0, last + 1);
      unreachable = lastOf(suspects);
    }
    return edge(true);
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return edge(false);
  }
}
