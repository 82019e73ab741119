import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { ask, pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

class Repeat extends Wrapper {
  readonly left: number;

  constructor(left: number, inner: GeneratorLike) {
    super(inner);
    this.left = left;
  }

  protected around(inner: GeneratorLike): Repeat {
    return new Repeat(this.left, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    if (this.left <= 0) return undefined;
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(this, step.until);
    return { op: step.op, next: this.left === Number.POSITIVE_INFINITY ? this : new Repeat(this.left - 1, this.inner) };
  }
}

/**
 * Its next operation over and over, for ever or `count` times; the state inside never advances by operations:
 * `repeat({ f: "read" })`, `repeat(3, [a, b])` is a, a, a. Events still reach it. See `cycle` to go through it again.
 */
export function repeat<G extends GeneratorLike>(generator: G): Generator<DraftOf<G>>;
export function repeat<G extends GeneratorLike>(count: number, generator: G): Generator<DraftOf<G>>;
export function repeat(...[first, second]: [GeneratorLike] | [number, GeneratorLike]): Generator {
  return typeof first === "number" ? new Repeat(first, second) : new Repeat(Number.POSITIVE_INFINITY, first);
}
