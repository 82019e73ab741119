import { cycle, once, spaced } from "../src/generator/index.ts";
import type { Db, GeneratorLike, NemesisPackage, Options } from "../src/test.ts";

/** What a family may know when its package is made. */
export interface FaultContext {
  readonly nodes: readonly string[];
  readonly db: Db | undefined;
  readonly options: Options;
  /** Time between one fault operation and the next, in milliseconds, before jitter. */
  readonly intervalMs: number;
}

/** One fault family, as `--nemesis` names it. */
export interface FaultFamily {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** Why the family cannot be used on this system, in one sentence; undefined when it can. */
  readonly cannot: (context: FaultContext) => string | undefined;
  readonly make: (context: FaultContext) => NemesisPackage;
}

const JITTER = 0.25;

/**
 * One operation of each of these in turn, over and over, about one interval apart: the rhythm of every family. The
 * jitter is a quarter to either side, so that a short run still holds as many faults as one would count.
 */
export function rhythm(intervalMs: number, turns: readonly GeneratorLike[]): GeneratorLike {
  return spaced(intervalMs / 1000, JITTER, cycle(turns.map(once)));
}
