import { JepsenError } from "../errors.ts";
import type {
  Generator,
  GeneratorContext,
  GeneratorLike,
  GeneratorTest,
  Key,
  NextStep,
  Op,
  OpDraft,
  PlannedOp,
  Thread,
} from "../test.ts";
import { ask, FRUITLESS_MAX, pending, tell } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { askGroups, type Groups, positionOf } from "./groups.ts";
import { LazyList } from "./lazy-list.ts";
import { isClientThread } from "./on-threads.ts";
import { PersistentArray } from "./persistent-array.ts";
import type { ThreadPredicate } from "./thread-set.ts";

/** A draft with a key. */
export type Keyed<Draft extends OpDraft> = Draft & { readonly key: Key };

type MakeForKey = (key: Key) => GeneratorLike;

/** One key at work. */
interface Work {
  readonly key: Key;
  readonly generator: GeneratorLike;
}

function withKey(op: PlannedOp, key: Key): PlannedOp {
  if (op.type !== "invoke") return op;
  if (op.key !== undefined && op.key !== key) {
    throw new JepsenError(
      "generator",
      `The generator for key ${key} gave an operation that has key ${op.key} already: keyed generators cannot be nested.`,
      { op },
    );
  }
  const { type, f, value, time, process } = op;
  return { type, f, value, key, time, process };
}

class SequentialKeys implements Generator {
  readonly make: MakeForKey;
  readonly keys: LazyList<Key>;
  readonly work: Work | undefined;

  constructor(make: MakeForKey, keys: LazyList<Key>, work: Work | undefined) {
    this.make = make;
    this.keys = keys;
    this.work = work;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    let { keys, work } = this;
    for (let tries = 0; tries < FRUITLESS_MAX; tries++) {
      const step = work === undefined ? undefined : ask(work.generator, test, context);
      if (work !== undefined && step !== undefined) {
        const next = new SequentialKeys(this.make, keys, { key: work.key, generator: step.next });
        return step.op === "pending" ? pending(next, step.until) : { op: withKey(step.op, work.key), next };
      }
      const head = keys.head();
      if (head === undefined) return undefined;
      work = { key: head.value, generator: this.make(head.value) };
      keys = head.rest;
    }
    throw emptyKeys();
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const { work } = this;
    if (work === undefined || event.key !== work.key) return this;
    const generator = tell(work.generator, test, context, event);
    return generator === work.generator ? this : new SequentialKeys(this.make, this.keys, { key: work.key, generator });
  }
}

function emptyKeys(): JepsenError {
  return new JepsenError("generator", `${FRUITLESS_MAX} keys in a row had nothing to do: it would never end.`);
}

/**
 * Independent keys one after the other, all threads on the same: `sequentialKeys(["a", "b"], (key) => limit(100, work))`.
 * Every operation carries its key. The next key begins when the generator of the one before is exhausted; operations of
 * that one may still be running. A generator hears the events of its own key only.
 */
export function sequentialKeys<const G extends GeneratorLike>(
  keys: Iterable<Key>,
  make: (key: Key) => G,
): Generator<Keyed<DraftOf<G>>> {
  return new SequentialKeys(make, LazyList.from(keys), undefined) as Generator as Generator<Keyed<DraftOf<G>>>;
}

/** How threads form groups of one size; worked out once for every list of threads. */
class Grouping {
  readonly size: number;
  private readonly known = new WeakMap<readonly Thread[], readonly ThreadPredicate[]>();

  constructor(size: number) {
    this.size = size;
  }

  of(threads: readonly Thread[]): readonly ThreadPredicate[] {
    const known = this.known.get(threads);
    if (known !== undefined) return known;
    if (threads.length === 0 || threads.length % this.size !== 0) {
      throw new JepsenError(
        "usage",
        `Groups of ${this.size} threads for a key do not divide ${threads.length} client threads. Choose a concurrency that is a multiple of ${this.size}.`,
        { groupSize: this.size, threads: threads.length },
      );
    }
    const predicates = Array.from({ length: threads.length / this.size }, (_, i) => {
      const group = new Set(threads.slice(i * this.size, (i + 1) * this.size));
      return (thread: Thread) => group.has(thread);
    });
    this.known.set(threads, predicates);
    return predicates;
  }
}

/** A group that has had no key yet. */
const IDLE: Work = { key: "", generator: undefined };

class ConcurrentKeys implements Generator {
  readonly grouping: Grouping;
  readonly make: MakeForKey;
  readonly keys: LazyList<Key>;
  /** By group; undefined when no key is left for it. */
  private readonly works: PersistentArray<Work | undefined> | undefined;

  constructor(
    grouping: Grouping,
    make: MakeForKey,
    keys: LazyList<Key>,
    works: PersistentArray<Work | undefined> | undefined,
  ) {
    this.grouping = grouping;
    this.make = make;
    this.keys = keys;
    this.works = works;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const clients = context.restrict(isClientThread);
    const asked = this.asked(test, clients);
    const step = askGroups(asked, clients);
    if (step === undefined) return undefined;
    if (step.op !== "pending") asked.keep(step.group, step.next);
    const next = new ConcurrentKeys(this.grouping, this.make, asked.keys, asked.works);
    return step.op === "pending" ? pending(next, step.until) : { op: step.op, next };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const clients = context.restrict(isClientThread);
    const thread = clients.threadOf(event.process);
    const { grouping, works } = this;
    if (works === undefined || thread === undefined) return this;
    const threads = clients.threads();
    const i = Math.floor(positionOf(thread, threads) / grouping.size);
    const work = works.at(i);
    if (work === undefined || work.generator === undefined || work.key !== event.key) return this;
    const view = clients.restrict(grouping.of(threads)[i] as ThreadPredicate);
    const generator = tell(work.generator, test, view, event);
    if (generator === work.generator) return this;
    return new ConcurrentKeys(grouping, this.make, this.keys, works.with(i, { key: work.key, generator }));
  }

  private asked(test: GeneratorTest, clients: GeneratorContext): AskedKeys {
    const predicates = this.grouping.of(clients.threads());
    const works = this.works ?? PersistentArray.filled<Work | undefined>(predicates.length, IDLE);
    return new AskedKeys(predicates, this.make, this.keys, works, test, clients);
  }
}

/** The groups during one ask: keys that are taken and generators that are pending are kept as they are found. */
class AskedKeys implements Groups {
  keys: LazyList<Key>;
  works: PersistentArray<Work | undefined>;
  private readonly predicates: readonly ThreadPredicate[];
  private readonly make: MakeForKey;
  private readonly test: GeneratorTest;
  private readonly clients: GeneratorContext;

  constructor(
    predicates: readonly ThreadPredicate[],
    make: MakeForKey,
    keys: LazyList<Key>,
    works: PersistentArray<Work | undefined>,
    test: GeneratorTest,
    clients: GeneratorContext,
  ) {
    this.predicates = predicates;
    this.make = make;
    this.keys = keys;
    this.works = works;
    this.test = test;
    this.clients = clients;
  }

  get count(): number {
    return this.predicates.length;
  }

  groupOf(thread: Thread): number {
    const threads = this.clients.threads();
    return Math.floor((positionOf(thread, threads) * this.count) / threads.length);
  }

  hasEnded(i: number): boolean {
    return this.works.at(i) === undefined;
  }

  isFree(i: number): boolean {
    return this.view(i).freeCount > 0;
  }

  view(i: number): GeneratorContext {
    return this.clients.restrict(this.predicates[i] as ThreadPredicate);
  }

  /** What is left of the key that the group works on. */
  keep(i: number, generator: GeneratorLike): void {
    this.works = this.works.with(i, { key: (this.works.at(i) as Work).key, generator });
  }

  ask(i: number, view: GeneratorContext): NextStep {
    let work = this.works.at(i) as Work;
    for (let tries = 0; tries < FRUITLESS_MAX; tries++) {
      const step = ask(work.generator, this.test, view);
      if (step !== undefined) {
        if (step.op === "pending") {
          this.works = this.works.with(i, { key: work.key, generator: step.next });
          return step;
        }
        // of an operation that is not taken the group keeps its key, not its progress
        if (work !== this.works.at(i)) this.works = this.works.with(i, work);
        return { op: withKey(step.op, work.key), next: step.next };
      }
      const head = this.keys.head();
      if (head === undefined) {
        this.works = this.works.with(i, undefined);
        return undefined;
      }
      work = { key: head.value, generator: this.make(head.value) };
      this.keys = head.rest;
    }
    throw emptyKeys();
  }
}

/**
 * Independent keys, several at a time: the client threads form groups of `groupSize`, each group works on one key until
 * that key's generator is exhausted, and takes the next one then:
 * `concurrentKeys(5, naturals(), (key) => limit(200, work))`. Every operation carries its key. The generator of a key
 * sees the threads of its group only, and hears the events of its own key only. Ends when there are no more keys and
 * all groups have ended. The client threads must be a multiple of the group's size: otherwise JepsenError "usage".
 */
export function concurrentKeys<const G extends GeneratorLike>(
  groupSize: number,
  keys: Iterable<Key>,
  make: (key: Key) => G,
): Generator<Keyed<DraftOf<G>>> {
  if (!Number.isSafeInteger(groupSize) || groupSize < 1)
    throw new JepsenError("usage", `A group of ${groupSize} threads cannot work on a key: it takes at least 1.`);
  return new ConcurrentKeys(new Grouping(groupSize), make, LazyList.from(keys), undefined) as Generator as Generator<
    Keyed<DraftOf<G>>
  >;
}

/** 0, 1, 2, … without end, from the beginning each time it is read. */
export function naturals(): Iterable<number> {
  return {
    *[Symbol.iterator]() {
      for (let n = 0; ; n++) yield n;
    },
  };
}
