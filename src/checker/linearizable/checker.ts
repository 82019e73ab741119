/** Linearizability as a checker of tests. */

import type { Model } from "../../model/model.ts";
import type { Checker } from "../../test.ts";
import { type CheckOptions, checkLinearizable } from "./check.ts";

/** What to check against. */
export interface LinearizableOptions extends Pick<CheckOptions, "explain" | "explainMs"> {
  readonly model: Model;
}

/**
 * Checks that what the clients did is linearizable: see `checkLinearizable` for the meaning and `LinearizableResult` for
 * the result. Operations with keys are checked key by key. The budget's time is for the verdict; an explanation gets a
 * twentieth of it on top. A history without client operations is "unknown".
 */
export function linearizable(options: LinearizableOptions): Checker {
  return {
    check: async (_test, history, budget) => {
      const result = checkLinearizable(options.model, history, {
        timeMs: budget.timeMs,
        memoryBytes: budget.memoryBytes,
        explain: options.explain ?? true,
        explainMs: options.explainMs ?? Math.min(5_000, budget.timeMs / 20),
      });
      if (result.operations > 0) return result;
      return { ...result, valid: "unknown", summary: "No operation was checked: the history holds none of clients." };
    },
  };
}
