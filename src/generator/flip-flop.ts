import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { ask, pending, tell } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";

class FlipFlop implements Generator {
  readonly turn: GeneratorLike;
  readonly other: GeneratorLike;

  constructor(turn: GeneratorLike, other: GeneratorLike) {
    this.turn = turn;
    this.other = other;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = ask(this.turn, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(new FlipFlop(step.next, this.other), step.until);
    return { op: step.op, next: new FlipFlop(this.other, step.next) };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const turn = tell(this.turn, test, context, event);
    const other = tell(this.other, test, context, event);
    return turn === this.turn && other === this.other ? this : new FlipFlop(turn, other);
  }
}

/**
 * One operation of each in turn, strictly: `flipFlop(write, read)` is write, read, write, read … Waits while the one
 * whose turn it is is pending. Both get all events. Ends when the one whose turn it is has ended.
 */
export function flipFlop<const A extends GeneratorLike, const B extends GeneratorLike>(
  first: A,
  second: B,
): Generator<DraftOf<A> | DraftOf<B>> {
  return new FlipFlop(first, second) as Generator as Generator<DraftOf<A> | DraftOf<B>>;
}
