import { JepsenError } from "../errors.ts";
import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op, Thread } from "../test.ts";
import { ask, pending, tell } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { Soonest } from "./soonest.ts";
import type { ThreadPredicate } from "./thread-set.ts";

/** Which threads each range has, worked out once for every list of threads that it is asked with. */
class Ranges {
  readonly sizes: readonly number[];
  private readonly known = new WeakMap<readonly Thread[], readonly ThreadPredicate[]>();

  constructor(sizes: readonly number[]) {
    this.sizes = sizes;
  }

  /** One predicate a range, and one for the rest. Throws JepsenError "generator" where there are too few threads. */
  of(threads: readonly Thread[], hasRest: boolean): readonly ThreadPredicate[] {
    const known = this.known.get(threads);
    if (known !== undefined) return known;
    const reserved = this.sizes.reduce((sum, size) => sum + size, 0);
    if (reserved > threads.length || (hasRest && reserved === threads.length)) {
      throw new JepsenError(
        "generator",
        `reserve wants ${reserved} threads${hasRest ? " and one more at least for the rest" : ""}, but there are ${threads.length}. Raise the concurrency, or reserve fewer.`,
        { reserved, threads: threads.length },
      );
    }
    let from = 0;
    const predicates = [...this.sizes, threads.length - reserved].map((size) => {
      const range = new Set(threads.slice(from, from + size));
      from += size;
      return (thread: Thread) => range.has(thread);
    });
    this.known.set(threads, predicates);
    return predicates;
  }
}

class Reserve implements Generator {
  readonly ranges: Ranges;
  readonly generators: readonly GeneratorLike[];

  constructor(ranges: Ranges, generators: readonly GeneratorLike[]) {
    this.ranges = ranges;
    this.generators = generators;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const soonest = new Soonest(context);
    const after = this.generators.slice();
    const threads = context.threads();
    const predicates = this.predicates(threads);
    for (let i = 0; i < after.length; i++) {
      const generator = after[i];
      if (generator === undefined || generator === null) continue;
      const view = context.restrict(predicates[i] as ThreadPredicate);
      const step = ask(generator, test, view.fork(soonest, i));
      if (step === undefined || step.op === "pending") after[i] = step?.next;
      if (step !== undefined) soonest.consider(i, view.threadCount, step);
    }
    if (soonest.op === undefined)
      return soonest.pending ? pending(new Reserve(this.ranges, after), soonest.until) : undefined;
    after[soonest.winner] = soonest.next;
    return { op: soonest.op, next: new Reserve(this.ranges, after) };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const thread = context.threadOf(event.process);
    if (thread === undefined) return this;
    const predicates = this.predicates(context.threads());
    const i = predicates.findIndex((predicate) => predicate(thread));
    const generator = this.generators[i];
    const next = tell(generator, test, context.restrict(predicates[i] as ThreadPredicate), event);
    return next === generator ? this : new Reserve(this.ranges, this.generators.with(i, next));
  }

  private predicates(threads: readonly Thread[]): readonly ThreadPredicate[] {
    return this.ranges.of(threads, this.generators.length > this.ranges.sizes.length);
  }
}

/**
 * Fixed threads for each: `reserve([[5, write], [10, cas]], read)` gives the first five threads to writes, the next ten
 * to cas, and all others to reads. The soonest operation comes first, ties in proportion to the threads. "Threads" are
 * those that it may use, so it can stand in `clients`, in `onThreads` and in another `reserve`. An event reaches the
 * generator whose thread it is. Ends when all have ended.
 */
export function reserve<
  const Given extends readonly (readonly [threads: number, generator: GeneratorLike])[],
  const Rest extends GeneratorLike = undefined,
>(ranges: Given, rest?: Rest): Generator<DraftOf<Given[number][1]> | DraftOf<Rest>> {
  for (const [threads] of ranges) {
    if (!Number.isSafeInteger(threads) || threads < 1)
      throw new JepsenError("usage", `reserve cannot set ${threads} threads aside: it takes whole numbers from 1 up.`);
  }
  const generators: GeneratorLike[] = ranges.map(([, generator]) => generator);
  if (rest !== undefined) generators.push(rest);
  return new Reserve(new Ranges(ranges.map(([threads]) => threads)), generators) as Generator as Generator<
    DraftOf<Given[number][1]> | DraftOf<Rest>
  >;
}
