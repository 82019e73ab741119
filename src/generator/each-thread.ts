import type {
  Generator,
  GeneratorContext,
  GeneratorLike,
  GeneratorTest,
  NextStep,
  Op,
  Process,
  Salted,
  Thread,
} from "../test.ts";
import { ask, pending, tell } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { askGroups, type Groups, positionOf } from "./groups.ts";
import { onlyThread } from "./on-threads.ts";
import { PersistentArray } from "./persistent-array.ts";

/** One thread's copy; in `eachProcess` it belongs to a process and is nothing to its successor. */
interface Copy {
  readonly generator: GeneratorLike;
  readonly process: Process | undefined;
}

class Each implements Generator {
  readonly original: GeneratorLike;
  readonly byProcess: boolean;
  /** By the thread's place in the context; undefined before it is first asked. */
  private readonly copies: PersistentArray<Copy> | undefined;

  constructor(original: GeneratorLike, byProcess: boolean, copies: PersistentArray<Copy> | undefined) {
    this.original = original;
    this.byProcess = byProcess;
    this.copies = copies;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const { original, byProcess } = this;
    const size = context.threadCount;
    const copies = this.copies ?? PersistentArray.filled<Copy>(size, { generator: original, process: undefined });
    const asked = new AskedCopies(original, byProcess, copies, test, context);
    const step = askGroups(asked, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(new Each(original, byProcess, asked.copies), step.until);
    asked.keep(step.group, step.next);
    return { op: step.op, next: new Each(original, byProcess, asked.copies) };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const thread = context.threadOf(event.process);
    if (thread === undefined || this.copies === undefined) return this;
    const { original, byProcess } = this;
    const asked = new AskedCopies(original, byProcess, this.copies, test, context);
    const i = asked.groupOf(thread);
    const { generator } = asked.copy(i);
    const next = tell(generator, test, context.restrict(onlyThread(thread)), event);
    if (next === generator) return this;
    asked.keep(i, next);
    return new Each(original, byProcess, asked.copies);
  }
}

/** The copies during one ask: those that are pending or exhausted are kept as they are found. */
class AskedCopies implements Groups {
  copies: PersistentArray<Copy>;
  private readonly original: GeneratorLike;
  private readonly byProcess: boolean;
  private readonly test: GeneratorTest;
  private readonly context: GeneratorContext;
  private readonly threads: readonly Thread[];

  constructor(
    original: GeneratorLike,
    byProcess: boolean,
    copies: PersistentArray<Copy>,
    test: GeneratorTest,
    context: GeneratorContext,
  ) {
    this.original = original;
    this.byProcess = byProcess;
    this.copies = copies;
    this.test = test;
    this.context = context;
    this.threads = context.threads();
  }

  get count(): number {
    return this.copies.length;
  }

  groupOf(thread: Thread): number {
    return positionOf(thread, this.threads);
  }

  /** The thread's copy, afresh if it belonged to a process that is gone. */
  copy(i: number): Copy {
    const copy = this.copies.at(i);
    if (!this.byProcess) return copy;
    const process = this.context.processOf(this.threads[i] as Thread);
    return copy.process === process ? copy : { generator: this.original, process };
  }

  keep(i: number, generator: GeneratorLike): void {
    this.copies = this.copies.with(i, { generator, process: this.copy(i).process });
  }

  hasEnded(i: number): boolean {
    const { generator } = this.copy(i);
    return generator === undefined || generator === null;
  }

  isFree(i: number): boolean {
    return this.context.isFree(this.threads[i] as Thread);
  }

  ask(i: number, salted: Salted): NextStep {
    const view = this.context.restrict(onlyThread(this.threads[i] as Thread)).fork(salted, i);
    const step = ask(this.copy(i).generator, this.test, view);
    if (step === undefined || step.op === "pending") this.keep(i, step?.next);
    return step;
  }
}

/**
 * A copy of it for every thread, each on its own: `eachThread(once({ f: "read" }))` is one read by every thread. A copy
 * sees only its thread. Ends when all copies have ended.
 */
export function eachThread<const G extends GeneratorLike>(generator: G): Generator<DraftOf<G>> {
  return new Each(generator, false, undefined) as Generator as Generator<DraftOf<G>>;
}

/** As `eachThread`, but a process that follows a crashed one begins afresh: `eachProcess([subscribe, repeat(poll)])`. */
export function eachProcess<const G extends GeneratorLike>(generator: G): Generator<DraftOf<G>> {
  return new Each(generator, true, undefined) as Generator as Generator<DraftOf<G>>;
}
