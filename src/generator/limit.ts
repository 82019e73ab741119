import { JepsenError } from "../errors.ts";
import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { ask, pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

class Limit extends Wrapper {
  readonly left: number;

  constructor(left: number, inner: GeneratorLike) {
    super(inner);
    this.left = left;
  }

  protected around(inner: GeneratorLike): Limit {
    return new Limit(this.left, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    if (this.left <= 0) return undefined;
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(this.again(step.next), step.until);
    return { op: step.op, next: this.left === 1 ? undefined : new Limit(this.left - 1, step.next) };
  }
}

/** At most `count` operations, of whatever type: `limit(100, g)`. Throws JepsenError "usage" for a count that is none. */
export function limit<const G extends GeneratorLike>(count: number, generator: G): Generator<DraftOf<G>> {
  if (!(count >= 0))
    throw new JepsenError("usage", `A limit of ${count} operations is none: it must be a number from 0 up.`);
  return new Limit(count, generator) as Generator as Generator<DraftOf<G>>;
}

/** Its first operation only: `limit(1, g)`. Turns a function into one operation. */
export function once<const G extends GeneratorLike>(generator: G): Generator<DraftOf<G>> {
  return limit(1, generator);
}
