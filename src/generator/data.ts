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

/** Whether it is a generator already, and not data. */
export function isGenerator(value: unknown): value is Generator {
  const candidate = value as Partial<Generator> | null | undefined;
  return typeof candidate?.next === "function" && typeof candidate?.update === "function";
}

/** A draft with everything filled in; "pending" while its process, or every process, is busy. */
export function fill(draft: OpDraft, context: GeneratorContext): PlannedOp | "pending" {
  let { process } = draft;
  if (process === undefined) process = context.someFreeProcess();
  else {
    const thread = context.threadOf(process);
    if (thread === undefined || !context.isFree(thread)) return "pending";
  }
  if (process === undefined) return "pending";
  return { ...draft, type: draft.type ?? "invoke", process, time: Math.max(context.time, draft.time ?? 0) };
}

/** An operation draft: emitted once. */
class One implements Generator {
  readonly #draft: OpDraft;

  constructor(draft: OpDraft) {
    this.#draft = draft;
  }

  next(_test: GeneratorTest, context: GeneratorContext): NextStep {
    const op = fill(this.#draft, context);
    return op === "pending" ? { op, next: this } : { op, next: undefined };
  }

  update(): Generator {
    return this;
  }
}

/** The elements of a list in turn, each until it is exhausted; updates go to the current one. */
class Sequence implements Generator {
  readonly #head: Generator | undefined;
  readonly #rest: readonly GeneratorLike[];
  readonly #position: number;

  constructor(head: Generator | undefined, rest: readonly GeneratorLike[], position: number) {
    this.#head = head;
    this.#rest = rest;
    this.#position = position;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    let head = this.#head;
    let position = this.#position;
    for (;;) {
      const step = head?.next(test, context);
      if (step) return { op: step.op as never, next: new Sequence(toGenerator(step.next), this.#rest, position) };
      if (position >= this.#rest.length) return undefined;
      head = toGenerator(this.#rest[position++]);
    }
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    if (!this.#head) return this;
    return new Sequence(toGenerator(this.#head.update(test, context, event)), this.#rest, this.#position);
  }
}

/** An iterable read only as far as it is needed; a cell is read once, so that older generators see the same elements. */
class Cell {
  #source: Iterator<GeneratorLike> | undefined;
  #element: { readonly value: GeneratorLike; readonly next: Cell } | undefined;

  constructor(source: Iterator<GeneratorLike>) {
    this.#source = source;
  }

  element(): { readonly value: GeneratorLike; readonly next: Cell } | undefined {
    if (this.#source) {
      const source = this.#source;
      this.#source = undefined;
      const { done, value } = source.next();
      if (!done) this.#element = { value, next: new Cell(source) };
    }
    return this.#element;
  }
}

class Lazy implements Generator {
  readonly #head: Generator | undefined;
  readonly #rest: Cell;

  constructor(head: Generator | undefined, rest: Cell) {
    this.#head = head;
    this.#rest = rest;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    let head = this.#head;
    let rest = this.#rest;
    for (;;) {
      const step = head?.next(test, context);
      if (step) return { op: step.op as never, next: new Lazy(toGenerator(step.next), rest) };
      const element = rest.element();
      if (!element) return undefined;
      head = toGenerator(element.value);
      rest = element.next;
    }
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    return this.#head ? new Lazy(toGenerator(this.#head.update(test, context, event)), this.#rest) : this;
  }
}

/** What a function returns, until that is exhausted; then it is called again. It ends when a call gives nothing. */
class Called implements Generator {
  readonly #make: (test: GeneratorTest, context: GeneratorContext) => GeneratorLike;
  readonly #current: Generator | undefined;

  constructor(make: (test: GeneratorTest, context: GeneratorContext) => GeneratorLike, current?: Generator) {
    this.#make = make;
    this.#current = current;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = this.#current?.next(test, context) ?? toGenerator(this.#make(test, context))?.next(test, context);
    return step && { op: step.op as never, next: new Called(this.#make, toGenerator(step.next)) };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    return this.#current ? new Called(this.#make, toGenerator(this.#current.update(test, context, event))) : this;
  }
}

/** Pending until it is delivered, then what was delivered. A rejection is thrown at the next ask. */
class Promised implements Generator {
  #state: { readonly value: GeneratorLike } | { readonly error: unknown } | undefined;

  constructor(promise: Promise<GeneratorLike>) {
    promise.then(
      (value) => {
        this.#state = { value };
      },
      (error: unknown) => {
        this.#state = { error };
      },
    );
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    if (!this.#state) return { op: "pending", next: this };
    if ("error" in this.#state) throw this.#state.error;
    return toGenerator(this.#state.value)?.next(test, context);
  }

  update(): Generator {
    return this;
  }
}

const promised = new WeakMap<Promise<GeneratorLike>, Promised>();

/**
 * Data as a generator: nothing is exhausted · an operation draft is emitted once · lists and iterables give their
 * elements one after another · a function is called for a generator, and again when that is exhausted, until it gives
 * nothing · a promise is pending until it is delivered.
 */
export function toGenerator(value: GeneratorLike): Generator | undefined {
  if (value === undefined || value === null) return undefined;
  if (isGenerator(value)) return value;
  if (typeof value === "function") return new Called(value);
  if (Array.isArray(value)) return new Sequence(undefined, value, 0);
  if (value instanceof Promise) {
    let made = promised.get(value);
    if (!made) {
      made = new Promised(value);
      promised.set(value, made);
    }
    return made;
  }
  if (Symbol.iterator in value)
    return new Lazy(undefined, new Cell((value as Iterable<GeneratorLike>)[Symbol.iterator]()));
  return new One(value as OpDraft);
}
