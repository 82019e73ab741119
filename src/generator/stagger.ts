import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { ask, pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { nanoseconds } from "./nanoseconds.ts";
import { Wrapper } from "./wrapper.ts";

/** How far behind its plan a stagger may be and still catch up: late timers are made good, an outage is not. */
const CATCH_UP_NS = 10e6;

class Stagger extends Wrapper {
  readonly meanNs: number;
  /** Not before this time; undefined before the first operation, which waits for nothing. */
  readonly nextNs: number | undefined;

  constructor(meanNs: number, nextNs: number | undefined, inner: GeneratorLike) {
    super(inner);
    this.meanNs = meanNs;
    this.nextNs = nextNs;
  }

  protected around(inner: GeneratorLike): Stagger {
    return new Stagger(this.meanNs, this.nextNs, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const gapNs = Math.round(context.random.float() * 2 * this.meanNs); // drawn first: always the same draw for the same operation
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(this.again(step.next), step.until);
    const { op } = step;
    const plannedNs = this.nextNs ?? op.time;
    const time = Math.max(op.time, plannedNs);
    const after = Math.max(plannedNs, time - CATCH_UP_NS) + gapNs;
    return { op: time === op.time ? op : { ...op, time }, next: new Stagger(this.meanNs, after, step.next) };
  }
}

/**
 * Operations about so many seconds apart, over all threads together, the gaps uniform between 0 and twice that:
 * `stagger(1 / 200, g)` is 200 operations a second. The mean holds as long as threads are free in time; up to 10 ms of
 * delay are made good, more are lost.
 */
export function stagger<const G extends GeneratorLike>(seconds: number, generator: G): Generator<DraftOf<G>> {
  return new Stagger(nanoseconds(seconds), undefined, generator) as Generator as Generator<DraftOf<G>>;
}
