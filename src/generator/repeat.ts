import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { ask, pending, tell } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

class Repeat extends Wrapper {
  readonly left: number;
  /** What is repeated; `inner` is that as well, but while it is pending it goes on to wait. */
  readonly original: GeneratorLike;

  constructor(left: number, original: GeneratorLike, inner: GeneratorLike) {
    super(inner);
    this.left = left;
    this.original = original;
  }

  protected around(inner: GeneratorLike): Repeat {
    return new Repeat(this.left, this.original, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    if (this.left <= 0) return undefined;
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(this.again(step.next), step.until);
    const again = this.left === Number.POSITIVE_INFINITY && this.inner === this.original;
    return { op: step.op, next: again ? this : new Repeat(this.left - 1, this.original, this.original) };
  }

  override update(test: GeneratorTest, context: GeneratorContext, event: Op): GeneratorLike {
    const original = tell(this.original, test, context, event);
    const inner = this.inner === this.original ? original : tell(this.inner, test, context, event);
    return original === this.original && inner === this.inner ? this : new Repeat(this.left, original, inner);
  }
}

/**
 * Its next operation over and over, for ever or `count` times; the state inside never advances by operations:
 * `repeat({ f: "read" })`, `repeat(3, [a, b])` is a, a, a. It may wait, though, before each of them; and events reach it. See `cycle` to go through it again.
 */
export function repeat<const G extends GeneratorLike>(generator: G): Generator<DraftOf<G>>;
export function repeat<const G extends GeneratorLike>(count: number, generator: G): Generator<DraftOf<G>>;
export function repeat(...[first, second]: [GeneratorLike] | [number, GeneratorLike]): Generator {
  if (typeof first === "number") return new Repeat(first, second, second);
  return new Repeat(Number.POSITIVE_INFINITY, first, first);
}
