import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { ask, pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

class Cycle extends Wrapper {
  readonly original: GeneratorLike;
  /** Rounds after this one. */
  readonly roundsLeft: number;

  constructor(roundsLeft: number, original: GeneratorLike, inner: GeneratorLike) {
    super(inner);
    this.roundsLeft = roundsLeft;
    this.original = original;
  }

  protected around(inner: GeneratorLike): Cycle {
    return new Cycle(this.roundsLeft, this.original, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    let { roundsLeft } = this;
    let step = ask(this.inner, test, context);
    if (step === undefined && roundsLeft > 0) {
      roundsLeft--;
      step = ask(this.original, test, context); // exhausted from the start: then it always will be
    }
    if (step === undefined) return undefined;
    const next = new Cycle(roundsLeft, this.original, step.next);
    return step.op === "pending" ? pending(next, step.until) : { op: step.op, next };
  }
}

/**
 * From the beginning again whenever it is exhausted, for ever or `count` rounds in all: `cycle([kill, start])`.
 * Ends when a fresh round has nothing to give.
 */
export function cycle<const G extends GeneratorLike>(generator: G): Generator<DraftOf<G>>;
export function cycle<const G extends GeneratorLike>(count: number, generator: G): Generator<DraftOf<G>>;
export function cycle(...[first, second]: [GeneratorLike] | [number, GeneratorLike]): Generator {
  if (typeof first !== "number") return new Cycle(Number.POSITIVE_INFINITY, first, first);
  return new Cycle(first - 1, second, first > 0 ? second : undefined);
}
