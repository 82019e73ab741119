import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { ask, pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { nanoseconds } from "./nanoseconds.ts";
import { Wrapper } from "./wrapper.ts";

/** An operation for later, and until when it is kept. */
interface Kept {
  readonly step: Exclude<NextStep, undefined | { op: "pending" }>;
  readonly untilNs: number;
}

class Cache extends Wrapper {
  readonly keepNs: number;
  readonly kept: Kept | undefined;

  constructor(keepNs: number, kept: Kept | undefined, inner: GeneratorLike) {
    super(inner);
    this.keepNs = keepNs;
    this.kept = kept;
  }

  protected around(inner: GeneratorLike): Cache {
    return new Cache(this.keepNs, undefined, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const { kept } = this;
    if (kept !== undefined && context.time < kept.untilNs) {
      const { op, next } = kept.step;
      if (context.time < op.time) return pending(this, Math.min(op.time, kept.untilNs));
      const thread = context.threadOf(op.process);
      if (thread !== undefined && context.isFree(thread))
        return { op: { ...op, time: context.time }, next: this.around(next) };
    }
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(this.around(step.next), step.until);
    const untilNs = context.time + this.keepNs;
    if (step.op.time <= context.time || untilNs <= context.time) return { op: step.op, next: this.around(step.next) };
    return pending(new Cache(this.keepNs, { step, untilNs }, this.inner), Math.min(step.op.time, untilNs));
  }
}

/**
 * An operation that is offered for later is kept for so many seconds, instead of asking for it anew at every event
 * until its time: `cache(1, expensive)`. It is asked for anew when an event changes the inner generator, or when its
 * process is busy at its time. Only worth its while where an ask takes milliseconds.
 */
export function cache<const G extends GeneratorLike>(seconds: number, generator: G): Generator<DraftOf<G>> {
  return new Cache(nanoseconds(seconds), undefined, generator) as Generator as Generator<DraftOf<G>>;
}
