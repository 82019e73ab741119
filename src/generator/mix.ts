import { JepsenError } from "../errors.ts";
import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op } from "../test.ts";
import { ask, pending, tellAll } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";

/** A generator with its weight. */
export type Weighted = readonly [generator: GeneratorLike, weight: number];

type Unweighted<Entry> = Entry extends readonly [infer G, number] ? G : Entry;

class Mix implements Generator {
  readonly generators: readonly GeneratorLike[];
  readonly weights: readonly number[];

  constructor(generators: readonly GeneratorLike[], weights: readonly number[]) {
    this.generators = generators;
    this.weights = weights;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    // with nobody free none of them has anything to give, and the event that frees somebody brings the next question
    if (context.freeCount === 0 && this.generators.length > 0) return pending(this);
    // one draw decides, whoever is pending; where the choice is pending or exhausted, the rest of the draw decides again
    let draw = context.random.float();
    let weights = this.weights;
    let left: number[] | undefined;
    let after: GeneratorLike[] | undefined;
    let isPending = false;
    let until: number | undefined;
    for (;;) {
      let total = 0;
      for (let i = 0; i < weights.length; i++) total += weights[i] as number;
      if (total <= 0) break;
      let chosen = -1;
      let point = draw * total;
      for (let i = 0; i < weights.length; i++) {
        const weight = weights[i] as number;
        if (weight <= 0) continue;
        chosen = i;
        if (point < weight) break;
        point -= weight;
      }
      const generator = this.generators[chosen];
      const step = ask(generator, test, context);
      if (step !== undefined && step.op !== "pending" && step.next === generator && after === undefined)
        return { op: step.op, next: this };
      after ??= this.generators.slice();
      after[chosen] = step?.next;
      if (step !== undefined && step.op !== "pending") return { op: step.op, next: this.with(after) };
      if (step !== undefined) {
        isPending = true;
        if (step.until !== undefined && !(until !== undefined && until <= step.until)) until = step.until;
      }
      left ??= weights.slice();
      draw = Math.min(point / (left[chosen] as number), 1 - Number.EPSILON);
      left[chosen] = 0;
      weights = left;
    }
    return isPending ? pending(this.with(after ?? this.generators), until) : undefined;
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const after = tellAll(this.generators, test, context, event);
    return after === this.generators ? this : this.with(after);
  }

  private with(after: readonly GeneratorLike[]): Mix {
    if (!after.some((generator) => generator === undefined || generator === null)) return new Mix(after, this.weights);
    const kept = (_: unknown, i: number) => after[i] !== undefined && after[i] !== null;
    return new Mix(after.filter(kept), this.weights.filter(kept));
  }
}

/**
 * One of them at random for each operation, equally likely or by weight: `mix([read, write])`,
 * `mix([[read, 3], [write, 1]])`. An operation draft is used once, as everywhere: write `repeat({ f: "read" })`.
 * One that is pending does not hold up the others: another is chosen in its place. One that is exhausted drops out.
 * All get all events. Ends when all have ended.
 */
export function mix<const Entries extends readonly (GeneratorLike | Weighted)[]>(
  generators: Entries,
): Generator<DraftOf<Unweighted<Entries[number]>>> {
  const pairs = generators.map((each): Weighted => (isWeighted(each) ? each : [each as GeneratorLike, 1]));
  for (const [, weight] of pairs) {
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
      throw new JepsenError("usage", `A weight of ${weight} makes no mix: weights are numbers from 0 up.`);
  }
  const used = pairs.filter(([generator, weight]) => generator !== undefined && generator !== null && weight > 0);
  return new Mix(
    used.map(([generator]) => generator),
    used.map(([, weight]) => weight),
  ) as Generator as Generator<DraftOf<Unweighted<Entries[number]>>>;
}

function isWeighted(each: unknown): each is Weighted {
  return Array.isArray(each) && each.length === 2 && typeof each[1] === "number";
}
