import type { Budget, CheckContext, Checker, History, Result } from "../../src/test.ts";

export const context: CheckContext = { name: "test", nodes: ["n1", "n2", "n3"], concurrency: 3, options: {} };

export const budget: Budget = { timeMs: 10_000, memoryBytes: 1 << 28 };

/** Runs a checker on a history, with more than it needs of everything. */
export function run(checker: Checker, history: History, test: Partial<CheckContext> = {}): Promise<Result> {
  return checker.check({ ...context, ...test }, history, budget);
}
