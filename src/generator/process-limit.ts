import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { ask, pending, tell } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

class ProcessLimit extends Wrapper {
  readonly max: number;
  /** Processes there have been since it was first asked; undefined before. */
  readonly seen: number | undefined;

  constructor(max: number, seen: number | undefined, inner: GeneratorLike) {
    super(inner);
    this.max = max;
    this.seen = seen;
  }

  protected around(inner: GeneratorLike): ProcessLimit {
    return new ProcessLimit(this.max, this.seen, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const seen = this.seen ?? context.threadCount;
    if (seen > this.max) return undefined;
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    const next = seen === this.seen ? this.again(step.next) : new ProcessLimit(this.max, seen, step.next);
    return step.op === "pending" ? pending(next, step.until) : { op: step.op, next };
  }

  override update(test: GeneratorTest, context: GeneratorContext, event: Op): GeneratorLike {
    const inner = tell(this.inner, test, context, event);
    const renumbered =
      event.type === "info" && typeof event.process === "number" && context.threadOf(event.process) !== undefined;
    if (this.seen === undefined || !renumbered) return this.again(inner);
    return new ProcessLimit(this.max, this.seen + 1, inner);
  }
}

/**
 * Ends before more than so many processes could take part: `processLimit(20, g)`. Every thread it may use counts as one
 * process, and as one more after each `info`, whether or not the process gets an operation: a history with few
 * processes stays easy to check. With fewer than there are threads it gives nothing.
 */
export function processLimit<const G extends GeneratorLike>(max: number, generator: G): Generator<DraftOf<G>> {
  return new ProcessLimit(max, undefined, generator) as Generator as Generator<DraftOf<G>>;
}
