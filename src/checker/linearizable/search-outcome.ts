import type { Verdict } from "../../test.ts";
import type { Limit } from "./meter.ts";

/** What a search found out. */
export interface SearchOutcome {
  readonly verdict: Verdict;
  /** Why it is "unknown". "merged": a way to the end was found that may not be one. */
  readonly limit?: Limit | "merged";
  /**
   * The farthest return before which some configuration was reached, or one that a search looked ahead to. With a false
   * verdict, the history up to there is not linearizable.
   */
  readonly deepest?: number;
  /** The return before which the last configurations ended, and those, as far as they are known. */
  readonly frontier?: { readonly at: number; readonly entries: readonly FrontierEntry[] };
}

/** A configuration in which the search got stuck. */
export interface FrontierEntry {
  readonly state: number;
  /** Slots of linearized open mutators. */
  readonly linearized: readonly number[];
}
