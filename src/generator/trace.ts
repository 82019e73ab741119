import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { describe, describeContext } from "./describe.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

class Traced extends Wrapper {
  readonly label: string;
  readonly say: (line: string) => void;

  constructor(label: string, say: (line: string) => void, inner: GeneratorLike) {
    super(inner);
    this.label = label;
    this.say = say;
  }

  protected around(inner: GeneratorLike): Traced {
    return new Traced(this.label, this.say, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = super.next(test, context);
    this.say(
      `${this.label} asked in ${describe(describeContext(context))}: ${step === undefined ? "exhausted" : describe(step.op)}`,
    );
    return step;
  }

  override update(test: GeneratorTest, context: GeneratorContext, event: Op): GeneratorLike {
    this.say(`${this.label} told of ${describe(event)}`);
    return super.update(test, context, event);
  }
}

/** Says every question, answer and event as one line: `trace("writes", g, (line) => test.log(line))`. For finding faults in generators. */
export function trace<const G extends GeneratorLike>(
  label: string,
  generator: G,
  say: (line: string) => void,
): Generator<DraftOf<G>> {
  return new Traced(label, say, generator) as Generator as Generator<DraftOf<G>>;
}
