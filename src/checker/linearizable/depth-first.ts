/**
 * The depth-first search: follows one linearization as far as it goes, the target first and crashed operations last.
 * Finds a linearization quickly where there is one.
 */

import { Configurations, DOMINATED } from "./configurations.ts";
import { grown } from "./int-list.ts";
import { LimitReached, type Meter } from "./meter.ts";
import { IMPOSSIBLE, Moves } from "./moves.ts";
import type { Problem } from "./problem.ts";
import { layoutOf, RETURN, STATE } from "./record-layout.ts";
import type { SearchOutcome } from "./search-outcome.ts";
import type { Tuning } from "./tuning.ts";

/**
 * Searches until it is decided, until `meter` reaches a limit, or until `steps` configurations were explored without
 * coming farther than before. `taken` is filled with the moves of the linearization found, as pairs of move and choice.
 */
export function depthFirst(
  problem: Problem,
  tuning: Tuning,
  meter: Meter,
  steps: number,
  taken?: number[],
): SearchOutcome {
  const layout = layoutOf(problem, false);
  const moves = new Moves(problem, layout, tuning);
  const visited = new Configurations(layout, tuning, meter);
  const path = new Path(meter);
  const scratch = moves.scratch;
  let deepest = 0;

  /** Moves over every return that is done. */
  const settle = (): "end" | "stuck" | "hopeless" => {
    for (;;) {
      moves.observe();
      if (!moves.isTargetDone()) break;
      if (moves.passReturn()) return "end";
    }
    if (moves.isHopeless()) return "hopeless";
    if ((scratch[RETURN] as number) > deepest) {
      deepest = scratch[RETURN] as number;
      meter.allow(steps);
    }
    return "stuck";
  };

  try {
    meter.allow(steps);
    moves.begin();
    const start = settle();
    if (start === "end") return { verdict: true };
    if (start === "stuck") path.push(visited.add(scratch, Number.POSITIVE_INFINITY), 0, 0);
    while (!path.isEmpty) {
      const record = path.record;
      const at = visited.at(record);
      const words = visited.words;
      // What dominates a record was added after it, and so has been explored to its end when the record is on top again.
      if (words[at + STATE] === -1 || path.rank === IMPOSSIBLE) {
        path.pop();
        continue;
      }
      if (path.move === moves.moveCount(words[at + RETURN] as number, words[at + STATE] as number)) {
        path.nextRank();
        continue;
      }
      const rank = moves.rank(visited, record, path.move);
      if (rank !== path.rank) {
        path.postpone(rank);
        continue;
      }
      const { move, choice } = path;
      const outcomes = moves.apply(visited, record, move, choice);
      if (path.choice + 1 < outcomes) path.nextChoice();
      else path.nextMove();
      if (outcomes === 0) continue;
      meter.step();
      const reached = settle();
      if (reached === "hopeless") continue;
      if (reached === "end") {
        if (taken !== undefined) path.copyMoves(taken, move, choice);
        return { verdict: true };
      }
      const added = visited.add(scratch, Number.POSITIVE_INFINITY);
      if (added !== DOMINATED) path.push(added, move, choice);
    }
    return { verdict: false, deepest: Math.max(deepest, moves.farthest) };
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return { verdict: "unknown", limit: error.limit, deepest };
  } finally {
    meter.allow(Number.POSITIVE_INFINITY);
    visited.dispose();
    path.dispose();
  }
}

/** Numbers in a frame: record; next rank, move, choice; bits of the ranks that were met; move and choice that led here. */
const FRAME = 7;

/** The configurations from the beginning to the current one, each with what is to be tried next. */
class Path {
  readonly #meter: Meter;
  #frames: Int32Array;
  /** Where the current frame begins; -FRAME when there is none. */
  #top = -FRAME;

  constructor(meter: Meter) {
    this.#meter = meter;
    meter.reserve(4 * FRAME * 64);
    this.#frames = new Int32Array(FRAME * 64);
  }

  get isEmpty(): boolean {
    return this.#top < 0;
  }

  get record(): number {
    return this.#frames[this.#top] as number;
  }

  get rank(): number {
    return this.#frames[this.#top + 1] as number;
  }

  get move(): number {
    return this.#frames[this.#top + 2] as number;
  }

  get choice(): number {
    return this.#frames[this.#top + 3] as number;
  }

  push(record: number, move: number, choice: number): void {
    this.#top += FRAME;
    if (this.#top === this.#frames.length) {
      this.#frames = grown(this.#frames, 2 * this.#top, this.#meter);
    }
    this.#frames[this.#top] = record;
    this.#frames.fill(0, this.#top + 1, this.#top + 5);
    this.#frames[this.#top + 5] = move;
    this.#frames[this.#top + 6] = choice;
  }

  pop(): void {
    this.#top -= FRAME;
  }

  /** Goes on to the next rank that some move has, or to IMPOSSIBLE. */
  nextRank(): void {
    const met = (this.#frames[this.#top + 4] as number) & ~((2 << this.rank) - 1);
    this.#frames[this.#top + 1] = met === 0 ? IMPOSSIBLE : 31 - Math.clz32(met & -met);
    this.#frames[this.#top + 2] = 0;
  }

  /** Leaves the current move for its own rank. */
  postpone(rank: number): void {
    this.#frames[this.#top + 4] = (this.#frames[this.#top + 4] as number) | (1 << rank);
    this.nextMove();
  }

  nextMove(): void {
    this.#frames[this.#top + 2] = this.move + 1;
    this.#frames[this.#top + 3] = 0;
  }

  nextChoice(): void {
    this.#frames[this.#top + 3] = this.choice + 1;
  }

  /** Appends the moves that led to the current frame, and one more. */
  copyMoves(to: number[], move: number, choice: number): void {
    for (let at = FRAME; at <= this.#top; at += FRAME) {
      to.push(this.#frames[at + 5] as number, this.#frames[at + 6] as number);
    }
    to.push(move, choice);
  }

  dispose(): void {
    this.#meter.release(this.#frames.byteLength);
  }
}
