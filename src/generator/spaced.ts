import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { ask, pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { nanoseconds } from "./nanoseconds.ts";
import { Wrapper } from "./wrapper.ts";

class Spaced extends Wrapper {
  readonly gapNs: number;
  readonly jitter: number;
  readonly nextNs: number | undefined;

  constructor(gapNs: number, jitter: number, nextNs: number | undefined, inner: GeneratorLike) {
    super(inner);
    this.gapNs = gapNs;
    this.jitter = jitter;
    this.nextNs = nextNs;
  }

  protected around(inner: GeneratorLike): Spaced {
    return new Spaced(this.gapNs, this.jitter, this.nextNs, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    // before its time nobody need be asked: beside busy clients that is nearly always
    if (this.nextNs !== undefined && context.time < this.nextNs) return pending(this, this.nextNs);
    const gapNs = Math.round(this.gapNs * (1 - this.jitter + 2 * this.jitter * context.random.float()));
    if (this.nextNs === undefined) {
      const nextNs = context.time + gapNs;
      return pending(new Spaced(this.gapNs, this.jitter, nextNs, this.inner), nextNs);
    }
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(this.again(step.next), step.until);
    return { op: step.op, next: new Spaced(this.gapNs, this.jitter, step.op.time + gapNs, step.next) };
  }
}

/** The gap of a `spaced` generator in seconds, before jitter; undefined for every other one. */
export function gapSeconds(generator: GeneratorLike): number | undefined {
  return generator instanceof Spaced ? generator.gapNs / 1e9 : undefined;
}

/**
 * A gap before every operation, the first one included: `spaced(10, 0.25, faults)` is 10 s, a quarter more or less,
 * counted from the time of the operation before. Never catches up: two operations are never closer than the least gap.
 */
export function spaced<const G extends GeneratorLike>(
  seconds: number,
  jitter: number,
  generator: G,
): Generator<DraftOf<G>> {
  return new Spaced(nanoseconds(seconds), jitter, undefined, generator) as Generator as Generator<DraftOf<G>>;
}
