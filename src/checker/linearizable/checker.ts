/** Linearizability as a checker of tests. */

import type { Model } from "../../model/model.ts";
import type { Checker } from "../../test.ts";
import type { CheckOptions } from "./check.ts";
import { checkInParallel } from "./parallel.ts";

/** What to check against, and how to explain. */
export interface LinearizableOptions extends Pick<CheckOptions, "explain" | "explainMs"> {
  readonly model: Model;
}

/** The part of a budget that explanations may take on top of it, and milliseconds that they take at most. */
const EXPLAIN_SHARE = 0.05;
const EXPLAIN_MAX_MS = 5_000;

/**
 * Checks that what the clients did is linearizable: see `checkLinearizable` for the meaning and `LinearizableResult` for
 * the result. Operations with keys are checked key by key. A history without client operations is "unknown".
 */
export function linearizable(options: LinearizableOptions): Checker {
  return {
    check: async (_test, history, budget) => {
      const checkOptions: CheckOptions = {
        timeMs: budget.timeMs,
        memoryBytes: budget.memoryBytes,
        explain: options.explain ?? true,
        explainMs: options.explainMs ?? Math.min(EXPLAIN_MAX_MS, EXPLAIN_SHARE * budget.timeMs),
      };
      const result = await checkInParallel(options.model, history, checkOptions, budget.signal);
      if (result.operations > 0) return result;
      return { ...result, valid: "unknown", summary: "No operation was checked: the history holds none of clients." };
    },
  };
}
