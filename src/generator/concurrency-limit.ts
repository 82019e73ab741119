import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

class ConcurrencyLimit extends Wrapper {
  readonly max: number;

  constructor(max: number, inner: GeneratorLike) {
    super(inner);
    this.max = max;
  }

  protected around(inner: GeneratorLike): ConcurrencyLimit {
    return new ConcurrencyLimit(this.max, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    return context.threadCount - context.freeCount >= this.max ? pending(this) : super.next(test, context);
  }
}

/** Pending while so many threads, or more, of those it may use are busy with whatever: `concurrencyLimit(3, g)`. */
export function concurrencyLimit<const G extends GeneratorLike>(max: number, generator: G): Generator<DraftOf<G>> {
  return new ConcurrencyLimit(max, generator) as Generator as Generator<DraftOf<G>>;
}
