import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { ask, pending, tell } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { nanoseconds } from "./nanoseconds.ts";

/** A generator and its time, in seconds after the first ask. Without `to` it goes on until it is exhausted. */
export interface Window<G extends GeneratorLike = GeneratorLike> {
  readonly from: number;
  readonly to?: number;
  readonly generator: G;
}

class Windows implements Generator {
  readonly windows: readonly Window[];
  readonly startNs: number | undefined;

  constructor(windows: readonly Window[], startNs: number | undefined) {
    this.windows = windows;
    this.startNs = startNs;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const startNs = this.startNs ?? context.time;
    for (let left = this.windows; ; left = left.slice(1)) {
      const [current, ...later] = left;
      if (current === undefined) return undefined;
      const fromNs = startNs + nanoseconds(current.from);
      const endNs = current.to === undefined ? Number.POSITIVE_INFINITY : startNs + nanoseconds(current.to);
      if (context.time < fromNs) return pending(new Windows(left, startNs), fromNs);
      if (context.time >= endNs) continue;
      const step = ask(current.generator, test, context);
      if (step === undefined) continue;
      const next = new Windows([{ ...current, generator: step.next }, ...later], startNs);
      const untilNs = Math.min(step.op === "pending" ? (step.until ?? endNs) : endNs, endNs);
      if (step.op === "pending") return pending(next, Number.isFinite(untilNs) ? untilNs : undefined);
      if (step.op.time < endNs) return { op: step.op, next };
      return pending(new Windows(left, startNs), endNs); // too late for this window: not taken
    }
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const [current, ...later] = this.windows;
    if (current === undefined) return this;
    return new Windows(
      [{ ...current, generator: tell(current.generator, test, context, event) }, ...later],
      this.startNs,
    );
  }
}

/**
 * Each at its own time: `windows([{ from: 10, to: 20, generator: faults }, { from: 20, generator: undo }])`. They are
 * given in the order of the list; one that is late, because the one before had no end, begins when that is exhausted. An
 * operation that would begin after the end of its window is dropped with it. Events reach the current one.
 */
export function windows<G extends GeneratorLike>(list: readonly Window<G>[]): Generator<DraftOf<G>> {
  return new Windows(list, undefined) as Generator as Generator<DraftOf<G>>;
}
