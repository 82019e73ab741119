import { JepsenError } from "../errors.ts";
import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, Key, NextStep, Op } from "../test.ts";
import { toGenerator } from "./data.ts";
import { restrict, type ThreadChoice } from "./threads.ts";

interface Group {
  readonly key: Key;
  readonly inner: Generator;
}

class Keys {
  readonly #source: Iterator<Key>;
  readonly #read: Key[] = [];

  constructor(source: Iterable<Key>) {
    this.#source = source[Symbol.iterator]();
  }

  at(position: number): Key | undefined {
    while (this.#read.length <= position) {
      const { done, value } = this.#source.next();
      if (done) return undefined;
      this.#read.push(value);
    }
    return this.#read[position];
  }
}

class ConcurrentKeys implements Generator {
  readonly #choices: readonly ThreadChoice[];
  readonly #keys: Keys;
  readonly #used: number;
  readonly #groups: readonly (Group | undefined)[];
  readonly #make: (key: Key) => GeneratorLike;

  constructor(
    choices: readonly ThreadChoice[],
    keys: Keys,
    used: number,
    groups: readonly (Group | undefined)[],
    make: (key: Key) => GeneratorLike,
  ) {
    this.#choices = choices;
    this.#keys = keys;
    this.#used = used;
    this.#groups = groups;
    this.#make = make;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const groups = [...this.#groups];
    let used = this.#used;
    let pending = false;
    const order = context.random.shuffle(this.#choices.map((_, i) => i));
    const again = (after: readonly (Group | undefined)[]) =>
      new ConcurrentKeys(this.#choices, this.#keys, used, after, this.#make);
    for (const i of order) {
      const choice = this.#choices[i] as ThreadChoice;
      const view = restrict(context, choice);
      if (view.freeCount === 0) {
        pending = true; // its threads are busy: whether a key is left for them is seen when they are free
        continue;
      }
      for (;;) {
        let group = groups[i];
        if (!group) {
          const key = this.#keys.at(used);
          if (key === undefined) break;
          used++;
          const inner = toGenerator(this.#make(key));
          if (!inner) continue;
          group = { key, inner };
        }
        const step = group.inner.next(test, view);
        const inner = toGenerator(step?.next);
        groups[i] = inner && { key: group.key, inner };
        if (!step) continue;
        if (step.op === "pending") {
          pending = true;
          break;
        }
        return { op: { ...step.op, key: group.key }, next: again(groups) };
      }
    }
    return pending ? { op: "pending", next: again(groups) } : undefined;
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const thread = context.threadOf(event.process);
    const i = thread === undefined ? -1 : this.#choices.findIndex((choice) => choice.includes(thread));
    const group = this.#groups[i];
    if (!group || group.key !== event.key) return this;
    const inner = toGenerator(group.inner.update(test, restrict(context, this.#choices[i] as ThreadChoice), event));
    return new ConcurrentKeys(
      this.#choices,
      this.#keys,
      this.#used,
      this.#groups.with(i, inner && { key: group.key, inner }),
      this.#make,
    );
  }
}

/**
 * Independent keys, several at a time: the client threads form groups of `groupSize`, each group works on one key until
 * that key's generator is exhausted, and takes the next one then. The number of threads must be a multiple.
 */
export function concurrentKeys(
  groupSize: number,
  keys: Iterable<Key>,
  make: (key: Key) => GeneratorLike,
): GeneratorLike {
  const all = new Keys(keys);
  let choices: readonly ThreadChoice[] | undefined;
  const begin = (test: GeneratorTest): Generator => {
    if (test.concurrency % groupSize !== 0) {
      throw new JepsenError("usage", `Groups of ${groupSize} threads do not divide ${test.concurrency} threads.`);
    }
    choices ??= Array.from({ length: test.concurrency / groupSize }, (_, i) => ({
      includes: (thread) => typeof thread === "number" && Math.floor(thread / groupSize) === i,
    }));
    return new ConcurrentKeys(
      choices,
      all,
      0,
      choices.map(() => undefined),
      make,
    );
  };
  return {
    next: (test, context) => begin(test).next(test, context),
    update: (test, context, event) => begin(test).update(test, context, event),
  };
}

/** 0, 1, 2, … */
export function* naturals(): Generator_<number> {
  for (let n = 0; ; n++) yield n;
}

type Generator_<T> = globalThis.Generator<T, void, void>;
