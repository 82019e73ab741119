import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { ask, pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { nanoseconds } from "./nanoseconds.ts";
import { Wrapper } from "./wrapper.ts";

class Delay extends Wrapper {
  readonly gapNs: number;
  readonly nextNs: number | undefined;

  constructor(gapNs: number, nextNs: number | undefined, inner: GeneratorLike) {
    super(inner);
    this.gapNs = gapNs;
    this.nextNs = nextNs;
  }

  protected around(inner: GeneratorLike): Delay {
    return new Delay(this.gapNs, this.nextNs, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(this.again(step.next), step.until);
    const { op } = step;
    const plannedNs = this.nextNs ?? op.time;
    const next = new Delay(this.gapNs, plannedNs + this.gapNs, step.next);
    return { op: plannedNs > op.time ? { ...op, time: plannedNs } : op, next };
  }
}

/**
 * Operations exactly so many seconds apart, over all threads together, the first at once: `delay(1, g)`. One that is
 * late does not move the ones after it: it catches up, however long it was held up.
 */
export function delay<const G extends GeneratorLike>(seconds: number, generator: G): Generator<DraftOf<G>> {
  return new Delay(nanoseconds(seconds), undefined, generator) as Generator as Generator<DraftOf<G>>;
}
