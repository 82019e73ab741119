import type { Verdict } from "../../test.ts";
import type { Limit } from "./meter.ts";

/** What a search found out. */
export interface SearchOutcome {
  readonly verdict: Verdict;
  /** Why it is "unknown". "merged": a way to the end was found that may not be one. */
  readonly limit?: Limit | "merged";
  /** The farthest return before which some configuration was reached; the history up to there was explored. */
  readonly deepest?: number;
  /** Configurations before the deepest return, as far as they are known. */
  readonly frontier?: readonly FrontierEntry[];
}

/** A configuration in which the search got stuck. */
export interface FrontierEntry {
  readonly state: number;
  /** Slots of linearized open mutators. */
  readonly linearized: readonly number[];
}
