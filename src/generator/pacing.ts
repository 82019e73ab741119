import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { toGenerator } from "./data.ts";

class Stagger implements Generator {
  readonly #meanNs: number;
  readonly #nextNs: number | undefined;
  readonly #inner: Generator | undefined;

  constructor(meanNs: number, nextNs: number | undefined, inner: Generator | undefined) {
    this.#meanNs = meanNs;
    this.#nextNs = nextNs;
    this.#inner = inner;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const nextNs = this.#nextNs ?? context.time;
    const step = this.#inner?.next(test, context);
    if (!step) return undefined;
    if (step.op === "pending")
      return { op: "pending", next: new Stagger(this.#meanNs, nextNs, toGenerator(step.next)) };
    const time = Math.max(step.op.time, nextNs);
    const after = nextNs + context.random.float() * 2 * this.#meanNs;
    return {
      op: { ...step.op, time },
      next: new Stagger(this.#meanNs, Math.max(after, time - this.#meanNs), toGenerator(step.next)),
    };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    return new Stagger(this.#meanNs, this.#nextNs, toGenerator(this.#inner?.update(test, context, event)));
  }
}

/** Gaps between operations uniform in 0 to 2 × `seconds`, over all threads together. */
export function stagger(seconds: number, generator: GeneratorLike): Generator {
  return new Stagger(seconds * 1e9, undefined, toGenerator(generator));
}

class Spaced implements Generator {
  readonly #gapNs: number;
  readonly #jitter: number;
  readonly #nextNs: number | undefined;
  readonly #inner: Generator | undefined;

  constructor(gapNs: number, jitter: number, nextNs: number | undefined, inner: Generator | undefined) {
    this.#gapNs = gapNs;
    this.#jitter = jitter;
    this.#nextNs = nextNs;
    this.#inner = inner;
  }

  #after(context: GeneratorContext, from: number): number {
    return from + this.#gapNs * (1 - this.#jitter + 2 * this.#jitter * context.random.float());
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    if (this.#nextNs === undefined) {
      return {
        op: "pending",
        next: new Spaced(this.#gapNs, this.#jitter, this.#after(context, context.time), this.#inner),
      };
    }
    const step = this.#inner?.next(test, context);
    if (!step) return undefined;
    const inner = toGenerator(step.next);
    if (step.op === "pending")
      return { op: "pending", next: new Spaced(this.#gapNs, this.#jitter, this.#nextNs, inner) };
    const time = Math.max(step.op.time, this.#nextNs);
    return { op: { ...step.op, time }, next: new Spaced(this.#gapNs, this.#jitter, this.#after(context, time), inner) };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    return new Spaced(this.#gapNs, this.#jitter, this.#nextNs, toGenerator(this.#inner?.update(test, context, event)));
  }
}

/** A gap before every operation, the first one included: `seconds` ± `jitter` of it, counted from the previous operation's time. */
export function spaced(seconds: number, jitter: number, generator: GeneratorLike): Generator {
  return new Spaced(seconds * 1e9, jitter, undefined, toGenerator(generator));
}
