import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, Op } from "../test.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

/** What to do at an event. `self` is the generator as `onUpdate` made it; its `inner` is the one inside, as it is now. */
export type UpdateHandler = (
  self: Generator & { readonly inner: GeneratorLike },
  test: GeneratorTest,
  context: GeneratorContext,
  event: Op,
) => GeneratorLike;

class OnUpdate extends Wrapper {
  readonly handler: UpdateHandler;

  constructor(handler: UpdateHandler, inner: GeneratorLike) {
    super(inner);
    this.handler = handler;
  }

  protected around(inner: GeneratorLike): OnUpdate {
    return new OnUpdate(this.handler, inner);
  }

  override update(test: GeneratorTest, context: GeneratorContext, event: Op): GeneratorLike {
    return this.handler(this, test, context, event);
  }
}

/**
 * A handler of its own for events; it returns the generator that follows, `self` to go on as before. The event does not
 * reach the inner generator unless the handler passes it on.
 *
 * ```ts
 * // reads until one of them found something
 * onUpdate((self, _test, _context, event) => (event.type === "ok" && event.value !== null ? undefined : self), read)
 * ```
 */
export function onUpdate<const G extends GeneratorLike>(handler: UpdateHandler, generator: G): Generator<DraftOf<G>> {
  return new OnUpdate(handler, generator) as Generator as Generator<DraftOf<G>>;
}

class IgnoreUpdates extends Wrapper {
  protected around(inner: GeneratorLike): IgnoreUpdates {
    return new IgnoreUpdates(inner);
  }

  override update(): Generator {
    return this;
  }
}

/** Swallows all events: `ignoreUpdates(g)`. Saves time where `g` is large and does not care. */
export function ignoreUpdates<const G extends GeneratorLike>(generator: G): Generator<DraftOf<G>> {
  return new IgnoreUpdates(generator) as Generator as Generator<DraftOf<G>>;
}
