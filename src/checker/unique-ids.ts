import { isClientOp } from "../history/op.ts";
import { pairs } from "../history/pairs.ts";
import { plainValue, showValue } from "../history/value.ts";
import type { Checker, Result } from "../test.ts";
import { countOf, Multiset } from "./elements.ts";

/** What the unique-ids checker answers. */
export interface UniqueIdsResult extends Result {
  readonly attemptCount: number;
  readonly acknowledgedCount: number;
  /** Different ids that were handed out more than once. */
  readonly duplicatedCount: number;
  /** The worst 48, most frequent first. */
  readonly duplicated: readonly { readonly id: unknown; readonly count: number }[];
  /** Least and greatest id: numbers by size, everything else as text. Absent when there is none. */
  readonly range?: readonly [least: unknown, greatest: unknown];
}

const DUPLICATED_MAX = 48;

/**
 * Every `ok` `generate` (its completion's value: the id) must hand out an id that no other handed out. "unknown" when
 * none did.
 */
export function uniqueIdsChecker(): Checker {
  return {
    async check(_test, history): Promise<UniqueIdsResult> {
      const ids = new Multiset();
      let attemptCount = 0;
      let range: [unknown, unknown] | undefined;
      pairs(history.filter(isClientOp)); // a completion without an invocation is no second id
      for (const op of history) {
        if (op.f !== "generate" || !isClientOp(op)) continue;
        if (op.type === "invoke") attemptCount++;
        if (op.type !== "ok") continue;
        ids.add(op.value);
        if (range === undefined) range = [op.value, op.value];
        else if (before(op.value, range[0])) range[0] = op.value;
        else if (before(range[1], op.value)) range[1] = op.value;
      }
      const duplicated: { id: unknown; count: number }[] = [];
      for (const [id, count] of ids) if (count > 1) duplicated.push({ id: plainValue(id), count });
      duplicated.sort((a, b) => b.count - a.count);
      const [worst] = duplicated;
      return {
        valid: worst !== undefined ? false : ids.size === 0 ? "unknown" : true,
        summary:
          worst !== undefined
            ? `${countOf(duplicated.length, "id")} not unique: ${showValue(worst.id)} was handed out ${worst.count} times.`
            : ids.size === 0
              ? "No id was handed out."
              : `${countOf(ids.size, "id")}, all different.`,
        attemptCount,
        acknowledgedCount: ids.size,
        duplicatedCount: duplicated.length,
        duplicated: duplicated.slice(0, DUPLICATED_MAX),
        ...(range === undefined ? {} : { range: [plainValue(range[0]), plainValue(range[1])] as const }),
      };
    },
  };
}

function before(a: unknown, b: unknown): boolean {
  const numbers = (typeof a === "number" || typeof a === "bigint") && (typeof b === "number" || typeof b === "bigint");
  return numbers ? a < b : showValue(a, 1000) < showValue(b, 1000);
}
