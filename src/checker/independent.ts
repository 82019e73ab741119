import { monotonicMs } from "../clock.ts";
import { isClientOp, type Key, type Op, type Process } from "../history/op.ts";
import type { Budget, CheckContext, Checker, History, Result } from "../test.ts";
import { countOf } from "./elements.ts";
import { checkSafely, mergeVerdicts } from "./verdict.ts";

/** The result of one key. */
export interface KeyResult {
  readonly key: Key;
  readonly result: Result;
}

/** What `independent` answers. */
export interface IndependentResult extends Result {
  readonly keyCount: number;
  readonly validCount: number;
  /** Every key whose history is invalid, and every key of which nothing is known. */
  readonly failures: readonly Key[];
  readonly unknowns: readonly Key[];
  /** Client operations without a key, which nobody checked. */
  readonly unkeyedCount: number;
  /** The first 256 results: invalid ones, then unknown ones, then valid ones. */
  readonly results: readonly KeyResult[];
}

/** Results that are kept. */
const RESULTS_MAX = 256;
/** Keys that a summary names. */
const NAMED_MAX = 10;
/** What share of its time a check must have used, for its "unknown" to be tried again with the time that is left. */
const EXHAUSTED_SHARE = 0.8;

/**
 * Checks the operations of each key by themselves. False over "unknown" over true; without any key, or with operations
 * that have none among the others, it is "unknown" unless a key is false.
 *
 * The checker sees the client operations with one key, in order, their indices kept and their key taken off; fault
 * operations are not among them. Keys are checked one after another, the shortest histories first, with half of the
 * time shared out equally; then those that ran out of time are checked again with what is left.
 */
export function independent(checker: Checker): Checker {
  return {
    async check(test, history, budget): Promise<IndependentResult> {
      const deadline = monotonicMs() + budget.timeMs;
      const work = [...positionsByKey(history)].sort(([, a], [, b]) => a.length - b.length);
      const results = new Map<Key, Result>();
      const again: (readonly [Key, readonly number[]])[] = [];
      const half = budget.timeMs / 2;
      for (const [done, [key, positions]] of work.entries()) {
        const timeMs = (deadline - half - monotonicMs()) / (work.length - done);
        const { result, exhausted } = await checkTimed(checker, test, part(history, positions), { ...budget, timeMs });
        results.set(key, result);
        if (exhausted) again.push([key, positions]);
      }
      for (const [done, [key, positions]] of again.entries()) {
        const timeMs = (deadline - monotonicMs()) / (again.length - done);
        const { result } = await checkTimed(checker, test, part(history, positions), { ...budget, timeMs });
        // A second look that knows less than the first (no time was left) does not replace it.
        if (result.valid !== "unknown" || timeMs > half / work.length) results.set(key, result);
      }
      const isUnkeyed = (op: Op) => op.key === undefined && op.type === "invoke" && isClientOp(op);
      return resultOf(
        results,
        history.reduce((count, op) => (isUnkeyed(op) ? count + 1 : count), 0),
      );
    },
  };
}

async function checkTimed(
  checker: Checker,
  test: CheckContext,
  history: History,
  budget: Budget,
): Promise<{ readonly result: Result; readonly exhausted: boolean }> {
  const started = monotonicMs();
  const result = await checkSafely(checker, test, history, budget);
  const usedMs = monotonicMs() - started;
  const exhausted = result.valid === "unknown" && usedMs >= budget.timeMs * EXHAUSTED_SHARE;
  return { result, exhausted: exhausted && budget.signal?.aborted !== true };
}

/** Where the client operations of each key are; a completion without a key has its invocation's. */
function positionsByKey(history: History): Map<Key, number[]> {
  const keys = new Map<Key, number[]>();
  const begun = new Map<Process, Key | undefined>();
  for (const [position, op] of history.entries()) {
    if (!isClientOp(op)) continue;
    const key = op.key ?? (op.type === "invoke" ? undefined : begun.get(op.process));
    if (op.type === "invoke") begun.set(op.process, key);
    if (key === undefined) continue;
    const list = keys.get(key);
    if (list === undefined) keys.set(key, [position]);
    else list.push(position);
  }
  return keys;
}

/** The operations at these positions without their key; made anew for each check, so that only one key's are in memory twice. */
function part(history: History, positions: readonly number[]): History {
  return positions.map((position) => {
    const { key: _, ...rest } = history[position] as Op;
    return rest;
  });
}

function resultOf(all: ReadonlyMap<Key, Result>, unkeyedCount: number): IndependentResult {
  const failures: KeyResult[] = [];
  const unknowns: KeyResult[] = [];
  const fine: KeyResult[] = [];
  for (const [key, result] of all) {
    const list = result.valid === false ? failures : result.valid === true ? fine : unknowns;
    list.push({ key, result });
  }
  const verdicts = [...all.values()].map((result) => result.valid);
  const wasAllChecked = all.size > 0 && unkeyedCount === 0;
  return {
    valid: mergeVerdicts(wasAllChecked ? verdicts : [...verdicts, "unknown"]),
    summary: sentence(all.size, failures, unknowns, unkeyedCount),
    keyCount: all.size,
    unkeyedCount,
    validCount: fine.length,
    failures: failures.map(({ key }) => key),
    unknowns: unknowns.map(({ key }) => key),
    results: [...failures, ...unknowns, ...fine].slice(0, RESULTS_MAX),
  };
}

function sentence(
  keyCount: number,
  failures: readonly KeyResult[],
  unknowns: readonly KeyResult[],
  unkeyedCount: number,
): string {
  if (keyCount === 0) return "No operation has a key, so nothing was checked.";
  const parts: string[] = [];
  for (const [word, list] of [
    ["invalid", failures],
    ["unknown", unknowns],
  ] as const) {
    const [first] = list;
    if (first === undefined) continue;
    const named = list.slice(0, NAMED_MAX).map(({ key }) => JSON.stringify(key));
    const more = list.length > named.length ? ` and ${list.length - named.length} more` : "";
    const why = first.result.summary === undefined ? "" : ` Key ${JSON.stringify(first.key)}: ${first.result.summary}`;
    parts.push(`${list.length} of ${countOf(keyCount, "key")} ${word}: ${named.join(", ")}${more}.${why}`);
  }
  if (parts.length === 0) parts.push(`${countOf(keyCount, "key")}, all valid.`);
  if (unkeyedCount > 0) parts.push(`${countOf(unkeyedCount, "operation")} without a key could not be checked by key.`);
  return parts.join(" ");
}
