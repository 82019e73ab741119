/**
 * Plain data as generators, and the two verbs for whatever can serve as one: `ask` and `tell`.
 *
 * | data | what it means |
 * | --- | --- |
 * | `undefined`, `null` | exhausted |
 * | an operation draft `{ f: "read" }` | exactly that operation, once, by any free process; pending while there is none |
 * | an array, any iterable | its elements in turn, each until it is exhausted; an iterable is read only as far as needed. Events reach the current element |
 * | a function `(test, context) => …` | what it returns until that is exhausted, then it is called again, when a process is free; ends when it returns nothing |
 * | a promise | pending until it is fulfilled, then its value; its rejection ends the run |
 */
import { JepsenError, messageOf } from "../errors.ts";
import type {
  Generator,
  GeneratorContext,
  GeneratorLike,
  GeneratorTest,
  NextStep,
  Op,
  OpDraft,
  PlannedOp,
} from "../test.ts";
import { describe } from "./describe.ts";
import { LazyList } from "./lazy-list.ts";

/** So many exhausted elements, empty calls or dropped operations in a row are an endless loop, and an error. */
export const FRUITLESS_MAX = 100_000;

/** Whether it is a generator already, and not data. */
export function isGenerator(value: unknown): value is Generator {
  // iterators have a "next" too; and each look at an object of any of thirty classes costs as much as the rest of an ask
  return typeof value === "object" && value !== null && typeof (value as Partial<Generator>).update === "function";
}

/** Asks for the next operation. Throws JepsenError "generator" for what cannot serve as a generator. */
export function ask(like: GeneratorLike, test: GeneratorTest, context: GeneratorContext): NextStep {
  if (like === undefined || like === null) return undefined;
  if (typeof like === "function") return askFunction(like, test, context);
  if (typeof like !== "object") throw notAGenerator(like);
  if (isGenerator(like)) return like.next(test, context);
  if (typeof (like as OpDraft).f === "string") return askDraft(like as OpDraft, context);
  if (Array.isArray(like)) return new Sequence(like, 0, undefined).next(test, context);
  if (Symbol.iterator in like) return new LazySequence(lazyListOf(like), undefined).next(test, context);
  if (isPromise(like)) return askPromise(like, test, context);
  return askDraft(like as OpDraft, context);
}

/** Tells of an event; answers the generator that follows. Data hears nothing: it has not begun. */
export function tell(like: GeneratorLike, test: GeneratorTest, context: GeneratorContext, event: Op): GeneratorLike {
  return isGenerator(like) ? like.update(test, context, event) : like;
}

/** Tells all of them of an event; answers the very same list when nothing has changed. */
export function tellAll(
  likes: readonly GeneratorLike[],
  test: GeneratorTest,
  context: GeneratorContext,
  event: Op,
): readonly GeneratorLike[] {
  let after: GeneratorLike[] | undefined;
  for (let i = 0; i < likes.length; i++) {
    const next = tell(likes[i], test, context, event);
    if (next === likes[i]) continue;
    after ??= likes.slice();
    after[i] = next;
  }
  return after ?? likes;
}

/** "Nothing now." `until`: when to ask again at the latest, if that is known. */
export function pending(next: GeneratorLike, until?: number): NextStep {
  return { op: "pending", next, until };
}

/** A draft with everything filled in; undefined while its process, or every process, is busy. Throws JepsenError "generator" for a process that the context does not have. */
export function fillIn(draft: OpDraft, context: GeneratorContext): PlannedOp | undefined {
  let process = draft.process;
  if (process === undefined) {
    process = context.someFreeProcess();
    if (process === undefined) return undefined;
  } else {
    const thread = context.threadOf(process);
    if (thread === undefined) {
      throw new JepsenError(
        "generator",
        `The operation ${describe(draft)} wants process ${process}, which is none of the processes that may work for it. Leave "process" out, or route with onThreads.`,
        { draft },
      );
    }
    if (!context.isFree(thread)) return undefined;
  }
  const { f, value, key } = draft;
  const time = draft.time !== undefined && draft.time > context.time ? draft.time : context.time;
  return { type: draft.type ?? "invoke", f, value, key, time, process };
}

function askDraft(draft: OpDraft, context: GeneratorContext): NextStep {
  if (draft.f === undefined && draft.type !== "log" && draft.type !== "sleep") throw notAGenerator(draft);
  const op = fillIn(draft, context);
  return op === undefined ? pending(draft) : { op, next: undefined };
}

function notAGenerator(value: unknown): JepsenError {
  return new JepsenError(
    "generator",
    `${describe(value)} cannot serve as a generator. A generator is nothing, an operation with an "f", an array or iterable of generators, a function or promise that gives one, or what a combinator returns.`,
    { value: describe(value) },
  );
}

function fruitless(what: string): JepsenError {
  return new JepsenError(
    "generator",
    `${what} gave ${FRUITLESS_MAX} times in a row nothing to do: it would never end.`,
  );
}

/** The elements of an array in turn; events reach the current one. */
export class Sequence implements Generator {
  readonly items: readonly GeneratorLike[];
  readonly position: number;
  /** What is left of the element before `position`. */
  readonly current: GeneratorLike;

  constructor(items: readonly GeneratorLike[], position: number, current: GeneratorLike) {
    this.items = items;
    this.position = position;
    this.current = current;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    let { current, position } = this;
    for (;;) {
      const step = ask(current, test, context);
      if (step !== undefined) {
        const next = new Sequence(this.items, position, step.next);
        return step.op === "pending" ? pending(next, step.until) : { op: step.op, next };
      }
      if (position >= this.items.length) return undefined;
      current = this.items[position++];
    }
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const current = tell(this.current, test, context, event);
    return current === this.current ? this : new Sequence(this.items, this.position, current);
  }
}

/** The elements of an iterable in turn. */
class LazySequence implements Generator {
  readonly items: LazyList<GeneratorLike>;
  readonly current: GeneratorLike;

  constructor(items: LazyList<GeneratorLike>, current: GeneratorLike) {
    this.items = items;
    this.current = current;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    let { current, items } = this;
    for (let tries = 0; tries < FRUITLESS_MAX; tries++) {
      const step = ask(current, test, context);
      if (step !== undefined) {
        const next = new LazySequence(items, step.next);
        return step.op === "pending" ? pending(next, step.until) : { op: step.op, next };
      }
      const head = items.head();
      if (head === undefined) return undefined;
      current = head.value;
      items = head.rest;
    }
    throw fruitless("An iterable generator");
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const current = tell(this.current, test, context, event);
    return current === this.current ? this : new LazySequence(this.items, current);
  }
}

/** An iterable that can be read once only (a generator object) must give the same elements to all who hold it. */
const lazyLists = new WeakMap<object, LazyList<GeneratorLike>>();

function lazyListOf(items: Iterable<GeneratorLike>): LazyList<GeneratorLike> {
  let list = lazyLists.get(items);
  if (list === undefined) {
    list = LazyList.from(items);
    // one that can be read again is not kept: its list would hold all that was ever read of it
    if ((items as unknown) === items[Symbol.iterator]()) lazyLists.set(items, list);
  }
  return list;
}

type GeneratorFunction = (test: GeneratorTest, context: GeneratorContext) => GeneratorLike;

function askFunction(make: GeneratorFunction, test: GeneratorTest, context: GeneratorContext): NextStep {
  // called when something can come of it: so what it draws is drawn for the operation that is given next
  if (context.freeCount === 0) return pending(make);
  for (let tries = 0; tries < FRUITLESS_MAX; tries++) {
    const made = make(test, context);
    if (made === undefined || made === null) return undefined;
    const step = ask(made, test, context);
    if (step === undefined) continue;
    if (step.op !== "pending")
      return { op: step.op, next: step.next === undefined ? make : new Called(make, step.next) };
    // a draft that waits for its process is made anew; what has begun to wait for something goes on waiting
    return pending(step.next === made && isDraft(made) ? make : new Called(make, step.next), step.until);
  }
  throw fruitless(`The function ${make.name || "(without a name)"}`);
}

function isDraft(made: GeneratorLike): boolean {
  return typeof made === "object" && made !== null && ("f" in made || "type" in made) && !isGenerator(made);
}

/** A function's result in use. */
class Called implements Generator {
  readonly make: GeneratorFunction;
  readonly current: GeneratorLike;

  constructor(make: GeneratorFunction, current: GeneratorLike) {
    this.make = make;
    this.current = current;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = ask(this.current, test, context);
    if (step === undefined) return askFunction(this.make, test, context);
    const next = step.next === undefined ? this.make : new Called(this.make, step.next);
    return step.op === "pending" ? pending(next, step.until) : { op: step.op, next };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const current = tell(this.current, test, context, event);
    return current === this.current ? this : new Called(this.make, current);
  }
}

type Settled =
  | { readonly state: "waiting" }
  | { readonly state: "fulfilled"; readonly value: GeneratorLike }
  | { readonly state: "rejected"; readonly reason: unknown };

/** What is known of promises that served as generators. */
const promises = new WeakMap<object, Settled>();

function isPromise(value: object): value is Promise<GeneratorLike> {
  return typeof (value as Partial<Promise<GeneratorLike>>).then === "function";
}

function askPromise(promise: Promise<GeneratorLike>, test: GeneratorTest, context: GeneratorContext): NextStep {
  const known = promises.get(promise);
  if (known === undefined) {
    promises.set(promise, { state: "waiting" });
    promise.then(
      (value) => promises.set(promise, { state: "fulfilled", value }),
      (reason: unknown) => promises.set(promise, { state: "rejected", reason }),
    );
  }
  if (known === undefined || known.state === "waiting") return pending(promise);
  if (known.state === "fulfilled") return ask(known.value, test, context);
  throw new JepsenError(
    "generator",
    `A promise that served as a generator was rejected: ${messageOf(known.reason)}`,
    {},
    known.reason,
  );
}
