import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op, Thread } from "../test.ts";
import { toGenerator } from "./data.ts";
import { restrict, type ThreadChoice } from "./threads.ts";

class OnThreads implements Generator {
  readonly #choice: ThreadChoice;
  readonly #inner: Generator | undefined;

  constructor(choice: ThreadChoice, inner: Generator | undefined) {
    this.#choice = choice;
    this.#inner = inner;
  }

  next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = this.#inner?.next(test, restrict(context, this.#choice));
    return step && { op: step.op as never, next: new OnThreads(this.#choice, toGenerator(step.next)) };
  }

  update(test: GeneratorTest, context: GeneratorContext, event: Op): Generator {
    const thread = context.threadOf(event.process);
    if (!this.#inner || thread === undefined || !this.#choice.includes(thread)) return this;
    return new OnThreads(this.#choice, toGenerator(this.#inner.update(test, restrict(context, this.#choice), event)));
  }
}

/** Only the chosen threads work for it, and only their events reach it. Keep one choice object for one set of threads. */
export function onThreads(choice: ThreadChoice, generator: GeneratorLike): Generator {
  return new OnThreads(choice, toGenerator(generator));
}

const CLIENTS: ThreadChoice = { includes: (thread) => typeof thread === "number" };
const LANES: ThreadChoice = { includes: (thread) => typeof thread === "string", stream: "nemesis" };
const lanes = new Map<string, ThreadChoice>();

/** Only client threads work for it. */
export function clients(generator: GeneratorLike): Generator {
  return onThreads(CLIENTS, generator);
}

/** Only nemesis lanes work for it, any of them. */
export function nemesis(generator: GeneratorLike): Generator {
  return onThreads(LANES, generator);
}

/** Only the lane of one fault family works for it; its random numbers are independent of everybody else's. */
export function lane(family: string, generator: GeneratorLike): Generator {
  const thread: Thread = `nemesis:${family}`;
  let choice = lanes.get(family);
  if (!choice) {
    choice = { includes: (each) => each === thread, stream: thread };
    lanes.set(family, choice);
  }
  return onThreads(choice, generator);
}
