import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { ask, pending } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";

class Lazy implements Generator {
  readonly make: () => GeneratorLike;
  private made: { readonly generator: GeneratorLike } | undefined;

  constructor(make: () => GeneratorLike) {
    this.make = make;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    this.made ??= { generator: this.make() };
    return ask(this.made.generator, test, context);
  }

  update(): Generator {
    return this; // it has not begun
  }
}

/** Made when first needed, once: `lazy(() => readsOf(everyKeyWrittenSoFar))`. A function alone would be called again and again. */
export function lazy<const G extends GeneratorLike>(make: () => G): Generator<DraftOf<G>> {
  return new Lazy(make) as Generator as Generator<DraftOf<G>>;
}

/** A generator that somebody else delivers; see `delivery`. */
export interface Delivery {
  readonly generator: Generator;
  /** What the generator is from now on. A second delivery changes nothing. */
  deliver(generator: GeneratorLike): void;
}

class Delivered implements Generator {
  private delivered: { readonly generator: GeneratorLike } | undefined;

  deliver(generator: GeneratorLike): void {
    this.delivered ??= { generator };
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    return this.delivered === undefined ? pending(this) : ask(this.delivered.generator, test, context);
  }

  update(_test: GeneratorTest, _context: GeneratorContext, _event: Op): Generator {
    return this;
  }
}

/**
 * A generator that is pending until it is delivered, at once and without waiting as a promise would, so also in a
 * simulation:
 *
 * ```ts
 * const found = delivery();
 * any(onUpdate((self, _t, _c, event) => (event.type === "ok" && found.deliver({ f: "check" }), self), search), found.generator)
 * ```
 */
export function delivery(): Delivery {
  const delivered = new Delivered();
  return { generator: delivered, deliver: (generator) => delivered.deliver(generator) };
}
