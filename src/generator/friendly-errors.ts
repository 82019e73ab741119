import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { ask, tell } from "./data.ts";
import { describe, describeContext } from "./describe.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

/**
 * The error for whatever a generator threw: a JepsenError "generator" with a sentence that shows the generator, and in
 * its data the context and the event. One that is such an error already stays as it is.
 */
export function generatorThrew(
  cause: unknown,
  generator: GeneratorLike,
  context: GeneratorContext,
  event?: Op,
): JepsenError {
  if (isJepsenError(cause, "generator")) return cause;
  const when = event === undefined ? "asked for an operation" : `told of ${describe(event)}`;
  return new JepsenError(
    "generator",
    `A generator threw when it was ${when}: ${messageOf(cause).replace(/\.$/, "")}. The generator: ${describe(generator)}`,
    { context: describeContext(context), ...(event === undefined ? {} : { event }) },
    cause,
  );
}

/** `ask`, with everything thrown made a JepsenError "generator". */
export function askFriendly(generator: GeneratorLike, test: GeneratorTest, context: GeneratorContext): NextStep {
  try {
    return ask(generator, test, context);
  } catch (error) {
    throw generatorThrew(error, generator, context);
  }
}

/** `tell`, with everything thrown made a JepsenError "generator". */
export function tellFriendly(
  generator: GeneratorLike,
  test: GeneratorTest,
  context: GeneratorContext,
  event: Op,
): GeneratorLike {
  try {
    return tell(generator, test, context, event);
  } catch (error) {
    throw generatorThrew(error, generator, context, event);
  }
}

class FriendlyErrors extends Wrapper {
  protected around(inner: GeneratorLike): FriendlyErrors {
    return new FriendlyErrors(inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    try {
      return super.next(test, context);
    } catch (error) {
      throw generatorThrew(error, this.inner, context);
    }
  }

  override update(test: GeneratorTest, context: GeneratorContext, event: Op): GeneratorLike {
    return this.again(tellFriendly(this.inner, test, context, event));
  }
}

/**
 * Makes whatever the inner generator throws a JepsenError "generator" that shows that generator and the context. The
 * interpreter does so for the whole; this names a part.
 */
export function friendlyErrors<const G extends GeneratorLike>(generator: G): Generator<DraftOf<G>> {
  return new FriendlyErrors(generator) as Generator as Generator<DraftOf<G>>;
}
