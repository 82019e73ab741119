import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { ask, pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { nanoseconds } from "./nanoseconds.ts";
import { Wrapper } from "./wrapper.ts";

class TimeLimit extends Wrapper {
  readonly durationNs: number;
  /** When the window closes; undefined until it has opened. */
  readonly endNs: number | undefined;

  constructor(durationNs: number, endNs: number | undefined, inner: GeneratorLike) {
    super(inner);
    this.durationNs = durationNs;
    this.endNs = endNs;
  }

  protected around(inner: GeneratorLike): TimeLimit {
    return new TimeLimit(this.durationNs, this.endNs, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    if (this.endNs !== undefined && context.time >= this.endNs) return undefined;
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    const isPending = step.op === "pending";
    const endNs = this.endNs ?? (isPending ? context.time : step.op.time) + this.durationNs;
    if (isPending) {
      const until = step.until !== undefined && step.until < endNs ? step.until : endNs;
      return pending(new TimeLimit(this.durationNs, endNs, step.next), until);
    }
    // not the end: whoever is busy now may have an operation for the time that is left
    if (step.op.time >= endNs) return pending(new TimeLimit(this.durationNs, endNs, this.inner), endNs);
    const next = endNs === this.endNs ? this.again(step.next) : new TimeLimit(this.durationNs, endNs, step.next);
    return { op: step.op, next };
  }
}

/**
 * For so many seconds: `timeLimit(60, g)`. The window opens with the first operation, or with the first question if that
 * finds it pending, and is closed at its end: an operation at that very time is too late. A pending generator is cut off
 * as well. Operations in flight go on to their ends.
 */
export function timeLimit<const G extends GeneratorLike>(seconds: number, generator: G): Generator<DraftOf<G>> {
  return new TimeLimit(nanoseconds(seconds), undefined, generator) as Generator as Generator<DraftOf<G>>;
}
