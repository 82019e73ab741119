/**
 * The depth-first search: follows one linearization as far as it goes, the target first and crashed operations last.
 * Finds a linearization quickly where there is one.
 */

import { Configurations, DOMINATED, layoutOf, RETURN, STATE } from "./configurations.ts";
import { LimitReached, type Meter } from "./meter.ts";
import { Moves } from "./moves.ts";
import type { Problem } from "./problem.ts";
import type { SearchOutcome } from "./search-outcome.ts";
import type { Tuning } from "./tuning.ts";

/** Searches until it is decided, until `meter` reaches a limit, or until `steps` configurations were explored. */
export function depthFirst(problem: Problem, tuning: Tuning, meter: Meter, steps: number): SearchOutcome {
  const layout = layoutOf(problem, false);
  const moves = new Moves(problem, layout, tuning);
  const visited = new Configurations(layout, tuning, meter);
  const path = new Path(meter);
  const scratch = moves.scratch;
  let deepest = 0;

  /** Moves over every return that is done; answers whether the end was reached. */
  const settle = (): boolean => {
    for (;;) {
      moves.observe();
      if (!moves.isTargetDone()) {
        if ((scratch[RETURN] as number) > deepest) deepest = scratch[RETURN] as number;
        return false;
      }
      if (moves.passReturn()) return true;
    }
  };

  try {
    meter.allow(steps);
    moves.begin();
    if (settle()) return { verdict: true };
    path.push(visited.add(scratch, Number.POSITIVE_INFINITY));
    while (path.depth > 0) {
      const record = path.record;
      const at = visited.at(record);
      const words = visited.words;
      // What dominates a record was added after it, and so has been explored to its end when the record is on top again.
      if (words[at + STATE] === -1 || path.move >= moves.moveCount(words[at + RETURN] as number)) {
        path.pop();
        continue;
      }
      const outcomes = moves.apply(visited, record, path.move, path.choice);
      path.advance(outcomes);
      if (outcomes === 0) continue;
      meter.step();
      if (settle()) return { verdict: true };
      const added = visited.add(scratch, Number.POSITIVE_INFINITY);
      if (added !== DOMINATED) path.push(added);
    }
    return { verdict: false, deepest };
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return { verdict: "unknown", limit: error.limit, deepest };
  } finally {
    meter.allow(Number.POSITIVE_INFINITY);
    visited.dispose();
    path.dispose();
  }
}

/** The configurations from the beginning to the current one, each with the next move and outcome to try. */
class Path {
  readonly #meter: Meter;
  #frames: Int32Array;
  #depth = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
    meter.reserve(4 * 3 * 64);
    this.#frames = new Int32Array(3 * 64);
  }

  get depth(): number {
    return this.#depth;
  }

  get record(): number {
    return this.#frames[3 * this.#depth - 3] as number;
  }

  get move(): number {
    return this.#frames[3 * this.#depth - 2] as number;
  }

  get choice(): number {
    return this.#frames[3 * this.#depth - 1] as number;
  }

  push(record: number): void {
    const at = 3 * this.#depth++;
    if (at === this.#frames.length) {
      this.#meter.reserve(4 * at);
      const frames = new Int32Array(2 * at);
      frames.set(this.#frames);
      this.#frames = frames;
    }
    this.#frames[at] = record;
    this.#frames[at + 1] = 0;
    this.#frames[at + 2] = 0;
  }

  pop(): void {
    this.#depth--;
  }

  /** Goes on to the next outcome of the current move, or to the next move when it has no more. */
  advance(outcomes: number): void {
    const at = 3 * this.#depth - 3;
    if (this.choice + 1 < outcomes) {
      this.#frames[at + 2] = this.choice + 1;
    } else {
      this.#frames[at + 1] = this.move + 1;
      this.#frames[at + 2] = 0;
    }
  }

  dispose(): void {
    this.#meter.release(this.#frames.byteLength);
  }
}
