import type { Op } from "../../history/op.ts";
import type { ModelRecipe } from "../../model/built-in.ts";
import type { Decision } from "./solver.ts";
import type { Tuning } from "./tuning.ts";

/** One object for a worker thread to decide: plain data. */
export interface WorkerTask {
  readonly recipe: ModelRecipe;
  /** The object's invocations and `ok` completions. */
  readonly history: readonly Op[];
  readonly tuning: Tuning;
  readonly timeMs: number;
  readonly memoryBytes: number;
  /** The first round that was not tried yet. */
  readonly round: number;
}

/** What a worker thread found out. */
export interface WorkerAnswer {
  readonly decision: Decision;
  readonly explored: number;
}
