import type { Op } from "../history/op.ts";
import { plainValue } from "../history/value.ts";
import type { Checker, Result } from "../test.ts";

/** Operations that ended with one error code. */
export interface ErrorGroup {
  readonly code: string;
  readonly count: number;
  /** How many of them certainly did not happen, and how many nobody knows about. */
  readonly failCount: number;
  readonly infoCount: number;
  /** The first of them, whole. */
  readonly example: Op;
}

/** What `unhandledErrors` answers. */
export interface UnhandledErrorsResult extends Result {
  /** Most frequent first. */
  readonly errors: readonly ErrorGroup[];
}

/** Groups failed and indeterminate operations by their error's code. Always valid: it is for reading. */
export function unhandledErrors(): Checker {
  return {
    async check(_test, history): Promise<UnhandledErrorsResult> {
      const groups = new Map<
        string,
        { code: string; count: number; failCount: number; infoCount: number; example: Op }
      >();
      for (const op of history) {
        if (op.error === undefined || (op.type !== "fail" && op.type !== "info")) continue;
        const { code } = op.error;
        let group = groups.get(code);
        if (group === undefined) {
          group = { code, count: 0, failCount: 0, infoCount: 0, example: plainValue(op) as Op };
          groups.set(code, group);
        }
        group.count++;
        if (op.type === "fail") group.failCount++;
        else group.infoCount++;
      }
      const errors = [...groups.values()].sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
      return { valid: true, summary: sentence(errors), errors };
    },
  };
}

function sentence(errors: readonly ErrorGroup[]): string {
  if (errors.length === 0) return "No operation ended with an error.";
  const named = errors.slice(0, 5).map(({ code, count }) => `${code} (${count})`);
  const more = errors.length - named.length;
  return `Errors: ${named.join(", ")}${more > 0 ? ` and ${more} more kinds` : ""}.`;
}
