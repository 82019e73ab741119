import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { toGenerator } from "./data.ts";

class Limit implements Generator {
  readonly #left: number;
  readonly #inner: Generator | undefined;

  constructor(left: number, inner: Generator | undefined) {
    this.#left = left;
    this.#inner = inner;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    if (this.#left <= 0) return undefined;
    const step = this.#inner?.next(test, context);
    if (!step) return undefined;
    const left = step.op === "pending" ? this.#left : this.#left - 1;
    return { op: step.op as never, next: new Limit(left, toGenerator(step.next)) };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    return new Limit(this.#left, toGenerator(this.#inner?.update(test, context, event)));
  }
}

/** At most `count` operations of it. */
export function limit(count: number, generator: GeneratorLike): Generator {
  return new Limit(count, toGenerator(generator));
}

/** Its first operation only. */
export function once(generator: GeneratorLike): Generator {
  return limit(1, generator);
}

class Repeat implements Generator {
  readonly #inner: Generator | undefined;

  constructor(inner: Generator | undefined) {
    this.#inner = inner;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = this.#inner?.next(test, context);
    return step && { op: step.op as never, next: this };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    return new Repeat(toGenerator(this.#inner?.update(test, context, event)));
  }
}

/** Its next operation over and over: its state never advances. */
export function repeat(generator: GeneratorLike): Generator {
  return new Repeat(toGenerator(generator));
}

class Cycle implements Generator {
  readonly #original: GeneratorLike;
  readonly #current: Generator | undefined;

  constructor(original: GeneratorLike, current: Generator | undefined) {
    this.#original = original;
    this.#current = current;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = this.#current?.next(test, context) ?? toGenerator(this.#original)?.next(test, context);
    return step && { op: step.op as never, next: new Cycle(this.#original, toGenerator(step.next)) };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    return new Cycle(this.#original, toGenerator(this.#current?.update(test, context, event)));
  }
}

/** From the beginning again whenever it is exhausted. */
export function cycle(generator: GeneratorLike): Generator {
  return new Cycle(generator, toGenerator(generator));
}

class TimeLimit implements Generator {
  readonly #durationNs: number;
  readonly #endNs: number | undefined;
  readonly #inner: Generator | undefined;

  constructor(durationNs: number, endNs: number | undefined, inner: Generator | undefined) {
    this.#durationNs = durationNs;
    this.#endNs = endNs;
    this.#inner = inner;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const endNs = this.#endNs ?? context.time + this.#durationNs;
    if (context.time >= endNs) return undefined;
    const step = this.#inner?.next(test, context);
    if (!step) return undefined;
    const next = new TimeLimit(this.#durationNs, endNs, toGenerator(step.next));
    // an operation that would begin too late is not waited for: pending until the window closes
    if (step.op !== "pending" && step.op.time >= endNs)
      return { op: "pending", next: new TimeLimit(this.#durationNs, endNs, this.#inner) };
    return { op: step.op as never, next };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    return new TimeLimit(this.#durationNs, this.#endNs, toGenerator(this.#inner?.update(test, context, event)));
  }
}

/** For so many seconds after it is first asked; ends then also while the inner one is pending. */
export function timeLimit(seconds: number, generator: GeneratorLike): Generator {
  return new TimeLimit(seconds * 1e9, undefined, toGenerator(generator));
}
