import { monotonicMs } from "../clock.ts";
import type { Checker, Result } from "../test.ts";
import { checkSafely, mergeVerdicts } from "./verdict.ts";

/** What `compose` answers. `valid` and `summary` follow the worst of the parts. */
export interface ComposedResult extends Result {
  /** Each part's own result under its name, in the order given. */
  readonly checkers: Readonly<Record<string, Result>>;
}

/**
 * Several checkers as one: false over "unknown" over true. A part that throws, or does not answer in its time, is
 * "unknown" with the reason and harms no other.
 *
 * The parts run one after another, each with the whole memory and an equal share of the time that is left: what a
 * quick one leaves over goes to those after it, so name the hungriest last.
 */
export function compose(checkers: Readonly<Record<string, Checker>>): Checker {
  const entries = Object.entries(checkers);
  return {
    async check(test, history, budget): Promise<ComposedResult> {
      const deadline = monotonicMs() + budget.timeMs;
      const results: Record<string, Result> = {};
      for (const [position, [name, checker]] of entries.entries()) {
        const timeMs = (deadline - monotonicMs()) / (entries.length - position);
        const report = (part: string, result: Result) => budget.report?.(`${name}: ${part}`, result);
        const result = await checkSafely(checker, test, history, { ...budget, timeMs, report });
        results[name] = result;
        budget.report?.(name, result);
      }
      const valid = entries.length === 0 ? "unknown" : mergeVerdicts(Object.values(results).map((each) => each.valid));
      return { valid, summary: summaryOf(valid, results), checkers: results };
    },
  };
}

/** The sentences of the parts that decided, or how many there were to be content. */
function summaryOf(valid: Result["valid"], results: Readonly<Record<string, Result>>): string {
  const entries = Object.entries(results);
  if (entries.length === 0) return "Nothing was checked: no checker was given.";
  if (valid === true) return `Valid in every respect that was checked: ${entries.map(([name]) => name).join(", ")}.`;
  return entries
    .filter(([, result]) => result.valid === valid)
    .map(([name, result]) => `${name}: ${result.summary ?? (valid === false ? "Invalid." : "Unknown.")}`)
    .join(" ");
}
