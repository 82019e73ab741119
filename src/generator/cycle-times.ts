import { JepsenError } from "../errors.ts";
import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { ask, pending, tellAll } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { nanoseconds } from "./nanoseconds.ts";

class CycleTimes implements Generator {
  readonly widthsNs: readonly number[];
  readonly periodNs: number;
  readonly startNs: number | undefined;
  readonly generators: readonly GeneratorLike[];

  constructor(widthsNs: readonly number[], startNs: number | undefined, generators: readonly GeneratorLike[]) {
    this.widthsNs = widthsNs;
    this.periodNs = widthsNs.reduce((sum, width) => sum + width, 0);
    this.startNs = startNs;
    this.generators = generators;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const startNs = this.startNs ?? context.time;
    let intoNs = (context.time - startNs) % this.periodNs;
    let endNs = context.time - intoNs;
    let i = 0;
    for (; ; i++) {
      const width = this.widthsNs[i] as number;
      endNs += width;
      if (intoNs < width || i === this.widthsNs.length - 1) break;
      intoNs -= width;
    }
    const step = ask(this.generators[i], test, context);
    if (step === undefined) return undefined;
    if (step.op !== "pending" && step.op.time < endNs && (this.startNs !== undefined || step.op.time <= context.time)) {
      return { op: step.op, next: new CycleTimes(this.widthsNs, startNs, this.generators.with(i, step.next)) };
    }
    // an operation that is offered for later is offered again when this is asked again, with its clock running
    const generators = step.op === "pending" ? this.generators.with(i, step.next) : this.generators;
    const laterNs = step.op === "pending" ? (step.until ?? endNs) : step.op.time;
    return pending(new CycleTimes(this.widthsNs, startNs, generators), Math.min(laterNs, endNs));
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const generators = tellAll(this.generators, test, context, event);
    return generators === this.generators ? this : new CycleTimes(this.widthsNs, this.startNs, generators);
  }
}

/**
 * Each for so many seconds in turn, over and over from when it is first asked: `cycleTimes([[5, quiet], [10, busy]])`.
 * A generator keeps its state until its next turn; an operation that would begin after the end of the turn waits for
 * the next one. All get all events. Ends when the one whose turn it is has ended.
 */
export function cycleTimes<const Turns extends readonly (readonly [seconds: number, generator: GeneratorLike])[]>(
  turns: Turns,
): Generator<DraftOf<Turns[number][1]>> {
  if (turns.length === 0 || turns.some(([seconds]) => !(seconds > 0)))
    throw new JepsenError("usage", "cycleTimes needs at least one turn, and every turn a time of more than 0 seconds.");
  return new CycleTimes(
    turns.map(([seconds]) => nanoseconds(seconds)),
    undefined,
    turns.map(([, generator]) => generator),
  ) as Generator as Generator<DraftOf<Turns[number][1]>>;
}
