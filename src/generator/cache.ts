import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { ask } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { nanoseconds } from "./nanoseconds.ts";
import { Wrapper } from "./wrapper.ts";

type Offered = Exclude<NextStep, undefined | { op: "pending" }>;

class Cache extends Wrapper {
  readonly keepNs: number;
  /** What was offered last and not taken. A memory only: a new value of the generator begins with an empty one. */
  private offered: { readonly step: Offered; readonly untilNs: number } | undefined;

  constructor(keepNs: number, inner: GeneratorLike) {
    super(inner);
    this.keepNs = keepNs;
  }

  protected around(inner: GeneratorLike): Cache {
    return new Cache(this.keepNs, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const { offered } = this;
    if (offered !== undefined && context.time < offered.untilNs) {
      const { op, next } = offered.step;
      const thread = context.threadOf(op.process);
      if (thread !== undefined && context.isFree(thread))
        return { op: op.time < context.time ? { ...op, time: context.time } : op, next: this.around(next) };
    }
    this.offered = undefined;
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return { ...step, next: this.again(step.next) };
    this.offered = { step, untilNs: context.time + this.keepNs };
    return { op: step.op, next: this.around(step.next) };
  }
}

/**
 * An operation that was offered and not taken is offered again for so many seconds, as long as its process is free,
 * instead of asking the inner generator anew: `cache(0.01, expensive)`. An event that changes the inner generator ends
 * it. Only worth its while where one ask takes milliseconds.
 */
export function cache<G extends GeneratorLike>(seconds: number, generator: G): Generator<DraftOf<G>> {
  return new Cache(nanoseconds(seconds), generator) as Generator as Generator<DraftOf<G>>;
}
