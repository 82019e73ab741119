import { isClientOp, type Op } from "../history/op.ts";
import type { Checker, Result, Verdict } from "../test.ts";

/** How many operations ended in which way. */
export interface Counts {
  /** Invocations. */
  readonly count: number;
  readonly okCount: number;
  readonly failCount: number;
  readonly infoCount: number;
  /** Never completed: the history ends before they do. */
  readonly openCount: number;
}

/** What `stats` answers: counts over all client operations and by `f`. */
export interface StatsResult extends Result, Counts {
  readonly byF: Readonly<Record<string, Counts & { readonly valid: Verdict }>>;
}

type Tally = { -readonly [Name in keyof Counts]: number };

/**
 * Counts client operations. "unknown" when an `f` has not one `ok`, because nothing was tested with it then, and when
 * there are no operations at all. Names in `mayNeverSucceed` are excused.
 */
export function stats(options: { readonly mayNeverSucceed?: readonly string[] } = {}): Checker {
  const excused = new Set(options.mayNeverSucceed);
  return {
    async check(_test, history): Promise<StatsResult> {
      const total = newTally();
      const tallies = new Map<string, Tally>();
      for (const op of history) {
        if (!isClientOp(op)) continue;
        let tally = tallies.get(op.f);
        if (tally === undefined) {
          tally = newTally();
          tallies.set(op.f, tally);
        }
        add(total, op);
        add(tally, op);
      }
      const never = [...tallies].filter(([f, { okCount }]) => okCount === 0 && !excused.has(f)).map(([f]) => f);
      const byF = Object.fromEntries(
        [...tallies].map(([f, tally]) => [f, { valid: verdictOf(!never.includes(f)), ...withOpen(tally) }]),
      );
      return {
        valid: verdictOf(total.count > 0 && never.length === 0),
        summary: sentence(total, never),
        ...withOpen(total),
        byF,
      };
    },
  };
}

function newTally(): Tally {
  return { count: 0, okCount: 0, failCount: 0, infoCount: 0, openCount: 0 };
}

function add(tally: Tally, op: Op): void {
  if (op.type === "invoke") tally.count++;
  else if (op.type === "ok") tally.okCount++;
  else if (op.type === "fail") tally.failCount++;
  else tally.infoCount++;
}

function withOpen(tally: Tally): Counts {
  const ended = tally.okCount + tally.failCount + tally.infoCount;
  return { ...tally, openCount: Math.max(0, tally.count - ended) };
}

function verdictOf(fine: boolean): Verdict {
  return fine ? true : "unknown";
}

function sentence(total: Counts, never: readonly string[]): string {
  if (total.count === 0) return "No client operation was recorded, so nothing was checked.";
  const counts = `${total.count} operations: ${total.okCount} ok, ${total.failCount} fail, ${total.infoCount} info.`;
  return never.length === 0 ? counts : `Not one ${never.join(", ")} succeeded, so it was not tested. ${counts}`;
}
