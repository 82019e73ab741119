import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { ask, pending, tellAll } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { Soonest } from "./soonest.ts";

class Any implements Generator {
  readonly generators: readonly GeneratorLike[];
  /** Whether the end of one is the end of all. */
  readonly shortest: boolean;

  constructor(generators: readonly GeneratorLike[], shortest: boolean) {
    this.generators = generators;
    this.shortest = shortest;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const soonest = new Soonest(context);
    const { generators } = this;
    // copied when something changes: beside faults that wait, and with a generator that is always the same, nothing does
    let after: GeneratorLike[] | undefined;
    for (let i = 0; i < generators.length; i++) {
      const generator = generators[i];
      if (generator === undefined || generator === null) continue;
      const step = ask(generator, test, context.fork(soonest, i));
      if (step === undefined) {
        if (this.shortest) return undefined;
        after ??= generators.slice();
        after[i] = undefined;
        continue;
      }
      if (step.op === "pending" && step.next !== generator) {
        after ??= generators.slice();
        after[i] = step.next;
      }
      soonest.consider(i, 1, step);
    }
    if (soonest.op === undefined) return soonest.pending ? pending(this.with(after), soonest.until) : undefined;
    // the end of one that gave its last operation is seen when all are asked again
    const next = soonest.next ?? (this.shortest ? [] : undefined);
    if (next !== generators[soonest.winner]) {
      after ??= generators.slice();
      after[soonest.winner] = next;
    }
    return { op: soonest.op, next: this.with(after) };
  }

  private with(after: readonly GeneratorLike[] | undefined): Any {
    return after === undefined ? this : new Any(after, this.shortest);
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const after = tellAll(this.generators, test, context, event);
    if (after === this.generators) return this;
    return new Any(this.shortest ? after.map((generator) => generator ?? []) : after, this.shortest);
  }
}

/**
 * Whichever has the soonest operation, ties at random: `any(clients(work), lane("kill", faults))`. All get all events.
 * One that is pending does not hold up the others. Ends when all have ended.
 */
export function any<const Gs extends readonly GeneratorLike[]>(...generators: Gs): Generator<DraftOf<Gs[number]>> {
  return new Any(generators, false) as Generator as Generator<DraftOf<Gs[number]>>;
}

/** As `any`, but ends as soon as one of them has ended: `shortestAny(endless, limit(100, g))`. */
export function shortestAny<const Gs extends readonly GeneratorLike[]>(
  ...generators: Gs
): Generator<DraftOf<Gs[number]>> {
  const all = generators.map((generator) => generator ?? []);
  return new Any(all, true) as Generator as Generator<DraftOf<Gs[number]>>;
}
