import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op, Thread } from "../test.ts";
import { any } from "./any.ts";
import { ask, pending, tell } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import type { ThreadPredicate } from "./thread-set.ts";
import { Wrapper } from "./wrapper.ts";

class OnThreads extends Wrapper {
  readonly predicate: ThreadPredicate;

  constructor(predicate: ThreadPredicate, inner: GeneratorLike) {
    super(inner);
    this.predicate = predicate;
  }

  protected around(inner: GeneratorLike): OnThreads {
    return new OnThreads(this.predicate, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = ask(this.inner, test, context.restrict(this.predicate));
    if (step === undefined) return undefined;
    const next = this.again(step.next);
    return step.op === "pending" ? pending(next, step.until) : { op: step.op, next };
  }

  override update(test: GeneratorTest, context: GeneratorContext, event: Op): GeneratorLike {
    const thread = context.threadOf(event.process);
    if (thread === undefined || !this.predicate(thread)) return this;
    return this.again(tell(this.inner, test, context.restrict(this.predicate), event));
  }
}

/**
 * Only the threads for which the predicate holds work for it, and only their events reach it:
 * `onThreads((thread) => thread === 0, g)`. Ends when `g` ends; where no thread fits, it is pending for ever.
 */
export function onThreads<const G extends GeneratorLike>(
  predicate: ThreadPredicate,
  generator: G,
): Generator<DraftOf<G>> {
  return new OnThreads(predicate, generator) as Generator as Generator<DraftOf<G>>;
}

/** Whether it is a client thread. */
export function isClientThread(thread: Thread): thread is number {
  return typeof thread === "number";
}

function isLane(thread: Thread): boolean {
  return typeof thread === "string";
}

const single = new Map<Thread, ThreadPredicate>();

/** The predicate of one thread alone, always the same object. */
export function onlyThread(thread: Thread): ThreadPredicate {
  let predicate = single.get(thread);
  if (predicate === undefined) {
    predicate = (each) => each === thread;
    single.set(thread, predicate);
  }
  return predicate;
}

/** Only client threads work for it: `clients(work)`. With a second generator, that one is for the lanes: `clients(work, faults)`. */
export function clients<const A extends GeneratorLike, const B extends GeneratorLike = undefined>(
  generator: A,
  nemesisGenerator?: B,
): Generator<DraftOf<A> | DraftOf<B>> {
  const own = onThreads(isClientThread, generator);
  return (nemesisGenerator === undefined ? own : any(own, nemesis(nemesisGenerator))) as Generator<
    DraftOf<A> | DraftOf<B>
  >;
}

/** Only nemesis lanes work for it, any of them: `nemesis(faults)`. With a second generator, that one is for the clients. */
export function nemesis<const A extends GeneratorLike, const B extends GeneratorLike = undefined>(
  generator: A,
  clientGenerator?: B,
): Generator<DraftOf<A> | DraftOf<B>> {
  const own = onThreads(isLane, generator);
  return (clientGenerator === undefined ? own : any(own, clients(clientGenerator))) as Generator<
    DraftOf<A> | DraftOf<B>
  >;
}

/**
 * Only the lane of one fault family works for it: `lane("partition", [start, sleep(5), stop])`. Its random numbers are
 * independent of what all others do. The lane is the thread `nemesis:<family>`.
 */
export function lane<const G extends GeneratorLike>(family: string, generator: G): Generator<DraftOf<G>> {
  return onThreads(onlyThread(`nemesis:${family}`), generator);
}
