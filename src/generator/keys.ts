import { JepsenError } from "../errors.ts";
import { scramble } from "../random.ts";
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
import { SALTS } from "./soonest.ts";
import type { ThreadPredicate } from "./thread-set.ts";

/** A draft with a key. */
export type Keyed<Draft extends OpDraft> = Draft & { readonly key: Key };

type MakeForKey = (key: Key) => GeneratorLike;

/** One key at work. */
interface Work {
  readonly key: Key;
  readonly generator: GeneratorLike;
}

/** One of several keys at work. */
interface NumberedWork extends Work {
  /** Its place in the order in which keys are taken, and how many operations it has given. */
  readonly number: number;
  readonly given: number;
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
const IDLE: NumberedWork = { key: "", generator: undefined, number: -1, given: 0 };

/** The work that is left of a key. */
function after({ key, number }: NumberedWork, generator: GeneratorLike, given: number): NumberedWork {
  return { key, generator, number, given };
}

/** What is left of the keys, and by group what is at work; undefined when no key is left for a group. */
interface KeysState {
  /** Of the random numbers of all keys; drawn at the first ask. */
  readonly salt: number;
  readonly keys: LazyList<Key>;
  readonly taken: number;
  readonly works: PersistentArray<NumberedWork | undefined>;
}

class ConcurrentKeys implements Generator {
  readonly grouping: Grouping;
  readonly make: MakeForKey;
  readonly keys: LazyList<Key>;
  /** Undefined before the first ask. */
  private readonly state: KeysState | undefined;

  constructor(grouping: Grouping, make: MakeForKey, keys: LazyList<Key>, state: KeysState | undefined) {
    this.grouping = grouping;
    this.make = make;
    this.keys = keys;
    this.state = state;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const clients = context.restrict(isClientThread);
    const predicates = this.grouping.of(clients.threads());
    const asked = new AskedKeys(
      predicates,
      this.make,
      this.state ?? this.begin(predicates.length, clients),
      test,
      clients,
    );
    const step = askGroups(asked, clients);
    if (step === undefined) return undefined;
    if (step.op !== "pending") asked.give(step.group, step.next);
    const next = this.with(asked.state);
    return step.op === "pending" ? pending(next, step.until) : { op: step.op, next };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const clients = context.restrict(isClientThread);
    const thread = clients.threadOf(event.process);
    const { grouping, state } = this;
    if (state === undefined || thread === undefined) return this;
    const threads = clients.threads();
    const i = Math.floor(positionOf(thread, threads) / grouping.size);
    const work = state.works.at(i);
    if (work === undefined || work.generator === undefined || work.key !== event.key) return this;
    const view = clients.restrict(grouping.of(threads)[i] as ThreadPredicate);
    const generator = tell(work.generator, test, view, event);
    if (generator === work.generator) return this;
    return this.with({ ...state, works: state.works.with(i, after(work, generator, work.given)) });
  }

  private begin(groups: number, clients: GeneratorContext): KeysState {
    const works = PersistentArray.filled<NumberedWork | undefined>(groups, IDLE);
    return { salt: clients.random.int(SALTS), keys: this.keys, taken: 0, works };
  }

  private with(state: KeysState): ConcurrentKeys {
    return new ConcurrentKeys(this.grouping, this.make, this.keys, state);
  }
}

/** The groups during one ask: keys that are taken and generators that are pending are kept as they are found. */
class AskedKeys implements Groups {
  state: KeysState;
  private readonly predicates: readonly ThreadPredicate[];
  private readonly make: MakeForKey;
  private readonly test: GeneratorTest;
  private readonly clients: GeneratorContext;

  constructor(
    predicates: readonly ThreadPredicate[],
    make: MakeForKey,
    state: KeysState,
    test: GeneratorTest,
    clients: GeneratorContext,
  ) {
    this.predicates = predicates;
    this.make = make;
    this.state = state;
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
    return this.state.works.at(i) === undefined;
  }

  isFree(i: number): boolean {
    return this.view(i).freeCount > 0;
  }

  /** After an operation of the group's key was taken: what is left of the key. */
  give(i: number, generator: GeneratorLike): void {
    const work = this.state.works.at(i) as NumberedWork;
    this.set(i, after(work, generator, work.given + 1));
  }

  ask(i: number): NextStep {
    const view = this.view(i);
    const known = this.state.works.at(i) as NumberedWork;
    let work = known;
    for (let tries = 0; tries < FRUITLESS_MAX; tries++) {
      const step = work === IDLE ? undefined : ask(work.generator, this.test, this.fork(view, work));
      if (step !== undefined) {
        if (step.op === "pending") {
          if (work !== known || step.next !== work.generator) this.set(i, after(work, step.next, work.given));
          return step;
        }
        // of an operation that is not taken the group keeps its key, not its progress
        if (work !== known) this.set(i, work);
        return { op: withKey(step.op, work.key), next: step.next };
      }
      const { keys, taken } = this.state;
      const head = keys.head();
      if (head === undefined) {
        this.set(i, undefined);
        return undefined;
      }
      work = { key: head.value, generator: this.make(head.value), number: taken, given: 0 };
      this.state = { salt: this.state.salt, keys: head.rest, taken: taken + 1, works: this.state.works };
    }
    throw emptyKeys();
  }

  private view(i: number): GeneratorContext {
    return this.clients.restrict(this.predicates[i] as ThreadPredicate);
  }

  /** The random numbers of a key's next operation, whatever the other keys have done: it comes again with the seed, at whatever time. */
  private fork(view: GeneratorContext, { number, given }: NumberedWork): GeneratorContext {
    return view.fork({ salt: scramble(this.state.salt ^ Math.imul(number + 1, 0x9e3779b1)) }, given);
  }

  private set(i: number, work: NumberedWork | undefined): void {
    const { salt, keys, taken, works } = this.state; // named one by one: a spread costs as much as the rest of an ask
    this.state = { salt, keys, taken, works: works.with(i, work) };
  }
}

/**
 * Independent keys, several at a time: the client threads form groups of `groupSize`, each group works on one key until
 * that key's generator is exhausted, and takes the next one then:
 * `concurrentKeys(5, naturals(), (key) => limit(200, work))`. Every operation carries its key. The generator of a key
 * sees the threads of its group only, and hears the events of its own key only. It has random numbers of its own: a key's
 * operations come again with the seed, although the keys may overtake one another. Ends when there are no more keys and
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
