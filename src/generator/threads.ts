import { randomStream } from "../random.ts";
import type { GeneratorContext, Process, Random, Thread } from "../test.ts";

/** Which threads a generator may use. The same object must be used for the same choice: views are kept by it. */
export interface ThreadChoice {
  readonly includes: (thread: Thread) => boolean;
  /** The random stream that generators below draw from. */
  readonly stream?: string;
}

/** A set of threads with its free members, kept up to date in constant time. */
class View {
  readonly members: readonly Thread[];
  readonly stream: string;
  readonly #free: Thread[] = [];
  readonly #position = new Map<Thread, number>();
  readonly #below = new Map<ThreadChoice, View>();

  constructor(members: readonly Thread[], stream: string) {
    this.members = members;
    this.stream = stream;
  }

  get freeThreads(): readonly Thread[] {
    return this.#free;
  }

  has(thread: Thread): boolean {
    return this.#position.has(thread);
  }

  add(thread: Thread): void {
    this.#position.set(thread, this.#free.length);
    this.#free.push(thread);
  }

  /** The last one takes the place of the one that leaves. */
  remove(thread: Thread): void {
    const position = this.#position.get(thread);
    const last = this.#free.pop();
    if (position === undefined || last === undefined) return;
    this.#position.delete(thread);
    if (last === thread) return;
    this.#free[position] = last;
    this.#position.set(last, position);
  }

  below(choice: ThreadChoice, make: () => View): View {
    let view = this.#below.get(choice);
    if (!view) {
      view = make();
      this.#below.set(choice, view);
    }
    return view;
  }
}

/**
 * The threads of a run, owned by the loop that runs it: which are free, and which process each one is. Contexts are
 * views of it that hold for one ask.
 */
export class Threads {
  readonly #seed: number;
  readonly #root: View;
  readonly #viewsOf = new Map<Thread, View[]>();
  readonly #processes = new Map<Thread, Process>();
  readonly #threads = new Map<Process, Thread>();
  readonly #clientCount: number;
  /** Operations emitted so far, by random stream. */
  readonly #emitted = new Map<string, number>();

  constructor(clientCount: number, lanes: readonly Thread[], seed: number) {
    this.#seed = seed;
    this.#clientCount = clientCount;
    const all: Thread[] = [...Array.from({ length: clientCount }, (_, i) => i), ...lanes];
    this.#root = new View(all, "operations");
    for (const thread of all) {
      this.#processes.set(thread, thread);
      this.#threads.set(thread, thread);
      this.#viewsOf.set(thread, [this.#root]);
      this.#root.add(thread);
    }
  }

  /** What a generator sees at a time in nanoseconds. */
  context(time: number): GeneratorContext {
    return new Context(this, this.#root, time, new Map());
  }

  processOf(thread: Thread): Process {
    return this.#processes.get(thread) as Process;
  }

  threadOf(process: Process): Thread | undefined {
    return this.#threads.get(process);
  }

  isFree(thread: Thread): boolean {
    return this.#root.has(thread);
  }

  occupy(thread: Thread): void {
    for (const view of this.#viewsOf.get(thread) ?? []) view.remove(thread);
  }

  release(thread: Thread): void {
    for (const view of this.#viewsOf.get(thread) ?? []) view.add(thread);
  }

  /** After an unknown outcome a client thread goes on as a new process. */
  renumber(thread: Thread): void {
    if (typeof thread !== "number") return;
    const old = this.#processes.get(thread) as number;
    this.#threads.delete(old);
    this.#processes.set(thread, old + this.#clientCount);
    this.#threads.set(old + this.#clientCount, thread);
  }

  /** An operation was emitted: its stream moves on. */
  emitted(thread: Thread): void {
    const stream = typeof thread === "number" ? "operations" : thread;
    this.#emitted.set(stream, (this.#emitted.get(stream) ?? 0) + 1);
  }

  /** The same numbers for the same operation, however often it is asked for. */
  random(stream: string): Random {
    return randomStream(this.#seed, stream, this.#emitted.get(stream) ?? 0);
  }

  restrict(view: View, choice: ThreadChoice): View {
    return view.below(choice, () => {
      const members = view.members.filter(choice.includes);
      const made = new View(members, choice.stream ?? view.stream);
      for (const thread of members) {
        this.#viewsOf.get(thread)?.push(made);
        if (this.isFree(thread)) made.add(thread);
      }
      return made;
    });
  }
}

class Context implements GeneratorContext {
  readonly time: number;
  readonly #threads: Threads;
  readonly #view: View;
  readonly #randoms: Map<string, Random>;

  constructor(threads: Threads, view: View, time: number, randoms: Map<string, Random>) {
    this.#threads = threads;
    this.#view = view;
    this.time = time;
    this.#randoms = randoms;
  }

  get random(): Random {
    const { stream } = this.#view;
    let random = this.#randoms.get(stream);
    if (!random) {
      random = this.#threads.random(stream);
      this.#randoms.set(stream, random);
    }
    return random;
  }

  get threadCount(): number {
    return this.#view.members.length;
  }

  get freeCount(): number {
    return this.#view.freeThreads.length;
  }

  isFree(thread: Thread): boolean {
    return this.#view.has(thread);
  }

  threads(): readonly Thread[] {
    return this.#view.members;
  }

  freeThreads(): readonly Thread[] {
    return this.#view.freeThreads;
  }

  someFreeProcess(): Process | undefined {
    const free = this.#view.freeThreads;
    if (free.length === 0) return undefined;
    return this.#threads.processOf((free.length === 1 ? free[0] : this.random.pick(free)) as Thread);
  }

  processOf(thread: Thread): Process {
    return this.#threads.processOf(thread);
  }

  threadOf(process: Process): Thread | undefined {
    return this.#threads.threadOf(process);
  }

  restrict(choice: ThreadChoice): GeneratorContext {
    return new Context(this.#threads, this.#threads.restrict(this.#view, choice), this.time, this.#randoms);
  }
}

/** The same context, with only the chosen threads. */
export function restrict(context: GeneratorContext, choice: ThreadChoice): GeneratorContext {
  return (context as Context).restrict(choice);
}
