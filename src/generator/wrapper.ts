import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { ask, pending, tell } from "./data.ts";

/**
 * A generator around one other: by itself it passes everything through. The generators here are classes, though values:
 * so an error can show them with their names and fields.
 */
export abstract class Wrapper implements Generator {
  /** Only declared: defining a field of a base class is slow, and these are made by the million. */
  declare readonly inner: GeneratorLike;

  constructor(inner: GeneratorLike) {
    this.inner = inner;
  }

  /** The same around another generator. */
  protected abstract around(inner: GeneratorLike): Wrapper;

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(this.again(step.next), step.until);
    return { op: step.op, next: this.again(step.next) };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): GeneratorLike {
    return this.again(tell(this.inner, test, context, event));
  }

  protected again(inner: GeneratorLike): Wrapper {
    return inner === this.inner ? this : this.around(inner);
  }
}
