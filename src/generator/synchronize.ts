import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep } from "../test.ts";
import { concat } from "./concat.ts";
import { ask, pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

class Synchronize extends Wrapper {
  protected around(inner: GeneratorLike): Synchronize {
    return new Synchronize(inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    return context.freeCount === context.threadCount ? ask(this.inner, test, context) : pending(this);
  }
}

/**
 * Waits until all threads are free, and is the inner generator from then on: `synchronize(finalRead)`. All threads that
 * it may use: inside `clients` the clients, at the outermost level also the nemesis lanes.
 */
export function synchronize<const G extends GeneratorLike>(generator: G): Generator<DraftOf<G>> {
  return new Synchronize(generator) as Generator as Generator<DraftOf<G>>;
}

/** One after the other, each beginning when all threads are free: `phases(load, work, finalRead)`. */
export function phases<const Gs extends readonly GeneratorLike[]>(...generators: Gs): Generator<DraftOf<Gs[number]>> {
  return concat(...generators.map((generator) => synchronize(generator))) as Generator<DraftOf<Gs[number]>>;
}

/**
 * The first, then, when all threads are free, the second: `andThen(work, once({ f: "read" }))`. (Not called `then`: a
 * module with such an export is taken for a promise by `import()`.)
 */
export function andThen<const A extends GeneratorLike, const B extends GeneratorLike>(
  first: A,
  second: B,
): Generator<DraftOf<A> | DraftOf<B>> {
  return concat(first, synchronize(second)) as Generator<DraftOf<A> | DraftOf<B>>;
}
