import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op, PlannedOp } from "../test.ts";
import { toGenerator } from "./data.ts";

class Any implements Generator {
  readonly #inner: readonly Generator[];

  constructor(inner: readonly Generator[]) {
    this.#inner = inner;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    let best: { op: PlannedOp; next: GeneratorLike; position: number } | undefined;
    let ties = 1;
    let pending = false;
    const after: (Generator | undefined)[] = [...this.#inner];
    this.#inner.forEach((generator, position) => {
      const step = generator.next(test, context);
      if (!step) after[position] = undefined;
      else if (step.op === "pending") {
        pending = true;
        after[position] = toGenerator(step.next);
      } else if (!best || step.op.time < best.op.time) {
        best = { op: step.op, next: step.next, position };
        ties = 1;
      } else if (step.op.time === best.op.time && context.random.int(++ties) === 0) {
        best = { op: step.op, next: step.next, position };
      }
    });
    const chosen = best as { op: PlannedOp; next: GeneratorLike; position: number } | undefined;
    if (!chosen && !pending) return undefined;
    if (chosen) after[chosen.position] = toGenerator(chosen.next);
    const next = new Any(after.filter((each) => each !== undefined));
    return chosen ? { op: chosen.op, next } : { op: "pending", next };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    return new Any(
      this.#inner.map((each) => toGenerator(each.update(test, context, event))).filter((each) => each !== undefined),
    );
  }
}

/** Whichever has the soonest operation, ties at random; all get updates; ends with the last one. */
export function any(...generators: readonly GeneratorLike[]): Generator {
  return new Any(generators.map(toGenerator).filter((each) => each !== undefined));
}

type Weighted = readonly [Generator, number];

class Mix implements Generator {
  readonly #inner: readonly Weighted[];

  constructor(inner: readonly Weighted[]) {
    this.#inner = inner;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    let left = [...this.#inner];
    const pending: Weighted[] = [];
    while (left.length > 0) {
      const chosen =
        left.length === 1
          ? (left[0] as Weighted)
          : context.random.weighted(left.map((each) => [each, each[1]] as const));
      const [generator, weight] = chosen;
      left = left.filter((each) => each !== chosen);
      const step = generator.next(test, context);
      if (!step) continue;
      const next = toGenerator(step.next);
      const rest = [...left, ...pending];
      if (step.op !== "pending") return { op: step.op, next: new Mix(next ? [...rest, [next, weight]] : rest) };
      if (next) pending.push([next, weight]);
    }
    return pending.length > 0 ? { op: "pending", next: new Mix(pending) } : undefined;
  }

  update(): Generator {
    return this;
  }
}

/** One of them at random for each operation, by weight; one that is pending does not block the others. Updates are not passed on. */
export function mix(generators: readonly (readonly [GeneratorLike, number])[]): Generator {
  return new Mix(
    generators.flatMap(([generator, weight]) => {
      const made = toGenerator(generator);
      return made ? [[made, weight] as const] : [];
    }),
  );
}
