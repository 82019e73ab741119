import { sleep } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import { type Grudge, isCut } from "./grudge.ts";
import type { Flap } from "./partition-kinds.ts";
import type { Reachability } from "./reachability.ts";

/**
 * Takes links up and down, over and over, from the control process. It begins with the links down, and ends for good
 * when a switch fails: rules that a lease has taken away are not brought back.
 */
export class Flapping {
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  #failure: string | undefined;

  constructor(flap: Flap, turn: (isDown: boolean) => Promise<void>) {
    this.#done = this.#go(flap, turn);
  }

  /** Waits for the switch that is under way. Returns why it ended before, in one sentence; undefined when it had not. */
  async stop(): Promise<string | undefined> {
    this.#stopping.abort();
    await this.#done;
    return this.#failure;
  }

  async #go(flap: Flap, turn: (isDown: boolean) => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    try {
      for (let isDown = true; ; isDown = !isDown) {
        await sleep(isDown ? flap.downMs : flap.upMs, signal);
        await turn(!isDown);
      }
    } catch (error) {
      if (!signal.aborted) this.#failure = `The links stopped flapping: ${messageOf(error)}`;
    }
  }
}

/** seen[from][to]: how often a direction was silent, of so many samples. */
export interface FlapSightings {
  readonly samples: number;
  readonly silent: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Adds one look at all directions. */
export function sighted({ samples, silent }: FlapSightings, matrix: Reachability): FlapSightings {
  const rows = Object.entries(matrix).map(([from, row]) => {
    const counts = Object.entries(row).map(([to, heard]) => [to, (silent[from]?.[to] ?? 0) + (heard ? 0 : 1)] as const);
    return [from, Object.fromEntries(counts)] as const;
  });
  return { samples: samples + 1, silent: Object.fromEntries(rows) };
}

/** Directions that do not flap as they should, in words: cut ones are seen both silent and heard, others are heard. */
export function flapDoubts({ samples, silent }: FlapSightings, grudge: Grudge): readonly string[] {
  return Object.entries(silent).flatMap(([from, row]) =>
    Object.entries(row).flatMap(([to, count]) => {
      if (count === samples) return [`${to} never heard ${from}`];
      return count === 0 && isCut(grudge, from, to) ? [`${to} always heard ${from}`] : [];
    }),
  );
}
