/** Which prunings a check uses: all of them, unless a test or a measurement asks otherwise. */

/** Errors that tests plant on purpose, to see that the random histories find them. */
export type Planted =
  | "eager-writes" // linearizes operations at once that change the state
  | "drop-crashed" // drops all crashed operations, not only those that observe
  | "free-crashes" // lets crashed operations of a class happen any number of times
  | "mixed-classes" // takes crashed operations of one function for the same
  | "blind-dominance" // lets a configuration dominate one that used fewer crashed operations
  | "blind-pending" // lets a configuration dominate one that has fewer reads left to place
  | "drop-unread" // drops crashed operations whose outcome no read saw, although a false comparison may depend on it
  | "hasty-outlook" // forgets that the object may be set anew before an observation
  | "late-first" // takes the later of two open operations of one class first
  | "loose-parts" // splits off operations that touch the whole object as a part of their own
  | "sober-reachability" // forgets crashed operations when it looks for what can be reached
  | "lost-chance" // does not try a target that merging made optional before it returns
  | "trust-merged" // takes a linearization that leads through merged configurations for a real one
  | "forget-initial" // lets zones ignore the initial value
  | "timeless"; // lets what needs no search ignore which operation was first

/** Switches of the engine. A pruning that is off must never change a verdict, only the time it takes. */
export interface Tuning {
  /** The first way tried; "auto" tries those that need no search, and searches where they do not apply. */
  readonly algorithm: "auto" | "structure" | "search" | "depth-first" | "layered";
  /** Splits objects into the parts that the model names. */
  readonly partition: boolean;
  /** Linearizes read-only operations as soon as they are possible. */
  readonly eagerReads: boolean;
  /** Counts interchangeable crashed operations instead of telling them apart. */
  readonly crashClasses: boolean;
  /** Takes open operations of one class in the order of their returns. */
  readonly classOrder: boolean;
  /** Drops configurations that another one can stand in for. */
  readonly dominance: boolean;
  /** Drops crashed operations on which, by the step table, nothing can depend. */
  readonly dropCrashed: boolean;
  /** Where observations show how the object came to be: gives up states that lead to none of those to come. */
  readonly outlook: boolean;
  /** Asks first whether every operation is possible in some state that can be reached by its return. */
  readonly reachability: boolean;
  /** In the layered search, merges configurations beyond a growing number. */
  readonly merging: boolean;
  readonly planted?: Planted;
}

export const DEFAULT_TUNING: Tuning = {
  algorithm: "auto",
  partition: true,
  eagerReads: true,
  crashClasses: true,
  classOrder: true,
  dominance: true,
  dropCrashed: true,
  outlook: true,
  reachability: true,
  merging: true,
};
