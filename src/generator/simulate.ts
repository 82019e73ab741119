import { JepsenError } from "../errors.ts";
import { type Random, randomStream } from "../random.ts";
import type {
  GeneratorLike,
  GeneratorTest,
  Invocation,
  Op,
  OpType,
  Options,
  PlannedOp,
  Process,
  Thread,
} from "../test.ts";
import { FRUITLESS_MAX } from "./data.ts";
import { describe } from "./describe.ts";
import { askFriendly, tellFriendly } from "./friendly-errors.ts";
import { MinHeap } from "./min-heap.ts";
import { nanoseconds } from "./nanoseconds.ts";
import { LATENCY_NS, perfect, type SimulatedAnswer, type SimulatedClient } from "./simulated-client.ts";
import { ThreadTable } from "./thread-table.ts";
import { checkStep } from "./validate.ts";

/** The world of a simulation; everything has a default. */
export interface SimulationOptions {
  /** Client threads; 2 when left out. */
  readonly concurrency?: number;
  /** Nemesis lanes by family; one, "faults", when left out. */
  readonly lanes?: readonly string[];
  readonly nodes?: readonly string[];
  readonly options?: Options;
  /** Of the generator's random numbers, and of the clients'; 0 when left out. */
  readonly seed?: number;
  /** Stands for clients and nemeses; `perfect` when left out. */
  readonly client?: SimulatedClient;
  /** After so many nanoseconds an operation without an answer is `info`; 10 s when left out. */
  readonly operationTimeoutNs?: number;
  /** A generator that gives more than so many operations is an error; a million when left out. */
  readonly operationsMax?: number;
  /** Told of every event. With `keep: false` the result holds none, and memory stays flat. */
  readonly onEvent?: (op: Op) => void;
  readonly keep?: boolean;
}

/** What happened in a simulation. */
export interface Simulation {
  /** Invocations and completions, as the interpreter would have recorded them. */
  readonly history: readonly Op[];
  /** What the generator gave, in order, `log` and `sleep` included. */
  readonly planned: readonly PlannedOp[];
  /** How many operations it gave. */
  readonly operations: number;
  /** When it was over, in nanoseconds. */
  readonly endTime: number;
}

/** What ends at some time: an operation, or a sleep. */
interface Ending {
  readonly thread: Thread;
  readonly op: Invocation | undefined;
  readonly answer: SimulatedAnswer | undefined;
}

/**
 * Runs a generator in virtual time, exactly and repeatably: the same generator, seed and client give the same history
 * to the byte. It does what the interpreter does, with nothing real: operations take the time that the client says, a
 * process is renumbered after `info`, and nobody waits. Of several operations that end at the same time one ends after
 * the other, and the generator is asked in between; those that take no time end before it is asked.
 *
 * ```ts
 * const { history } = simulate(clients(limit(3, repeat({ f: "read" }))), { concurrency: 3, client: perfect });
 * ```
 *
 * A promise is never fulfilled in here; use `delivery`. Throws JepsenError "generator" as the interpreter would, also
 * for a generator that does not end within `operationsMax`, and "stalled" when it waits for what can never come
 * (or has waited a hundred thousand times in a row for nothing).
 */
export function simulate(generator: GeneratorLike, options: SimulationOptions = {}): Simulation {
  return new SimulatedRun(generator, options).run();
}

const TIMED_OUT: SimulatedAnswer = { type: "info", error: { code: "timeout", message: "no answer" } };

class SimulatedRun {
  private readonly test: GeneratorTest;
  private readonly table: ThreadTable;
  private readonly client: SimulatedClient;
  private readonly operationTimeoutNs: number;
  /** How each thread's last operation ended, by slot. */
  private readonly previous: (Exclude<OpType, "invoke"> | undefined)[];
  private readonly random: Random;
  private readonly operationsMax: number;
  private readonly onEvent: ((op: Op) => void) | undefined;
  private readonly keep: boolean;
  private readonly endings = new MinHeap<Ending>();
  private readonly history: Op[] = [];
  private readonly planned: PlannedOp[] = [];
  private generator: GeneratorLike;
  private time = 0;
  private index = 0;
  private operations = 0;

  constructor(generator: GeneratorLike, options: SimulationOptions) {
    const { concurrency = 2, nodes = ["n1", "n2", "n3", "n4", "n5"], lanes = ["faults"], seed = 0 } = options;
    this.generator = generator;
    this.test = { concurrency, nodes, options: options.options ?? {} };
    this.table = new ThreadTable(
      concurrency,
      lanes.map((family): Process => `nemesis:${family}`),
      seed,
    );
    this.previous = Array.from(this.table.all.threads, () => undefined);
    this.client = options.client ?? perfect;
    this.operationTimeoutNs = options.operationTimeoutNs ?? 10e9;
    this.random = randomStream(seed, "simulated clients");
    this.operationsMax = options.operationsMax ?? 1_000_000;
    this.onEvent = options.onEvent;
    this.keep = options.keep ?? true;
  }

  run(): Simulation {
    let fruitless = 0;
    for (;;) {
      const endingTime = this.endings.leastKey;
      if (endingTime !== undefined && this.table.freeCount === 0) {
        this.end(); // with nobody free, nothing can begin before that
        continue;
      }
      const context = this.table.context(this.time);
      const step = askFriendly(this.generator, this.test, context);
      checkStep(step, this.generator, context);
      if (step === undefined) {
        this.generator = undefined;
        if (endingTime === undefined) break;
        this.end();
      } else if (step.op === "pending") {
        this.generator = step.next;
        if (step.until !== undefined && (endingTime === undefined || step.until < endingTime)) {
          if (++fruitless > FRUITLESS_MAX) throw this.stalled();
          this.time = Math.max(this.time, step.until);
        } else if (endingTime === undefined) throw this.stalled();
        else this.end();
      } else if (endingTime !== undefined && endingTime < step.op.time) {
        this.end();
      } else {
        fruitless = 0;
        this.time = Math.max(this.time, step.op.time);
        this.generator = step.next;
        this.begin(step.op);
      }
    }
    return { history: this.history, planned: this.planned, operations: this.operations, endTime: this.time };
  }

  private begin(op: PlannedOp): void {
    if (++this.operations > this.operationsMax) {
      throw new JepsenError(
        "generator",
        `The generator did not end within ${this.operationsMax} operations. Bound it with limit or timeLimit, or raise operationsMax. The generator: ${describe(this.generator)}`,
      );
    }
    if (this.keep) this.planned.push(op);
    const thread = this.table.threadOf(op.process) as Thread;
    this.table.countEmitted(thread);
    if (op.type === "log") return;
    this.table.occupy(thread);
    if (op.type === "sleep") {
      this.endings.add(this.time + nanoseconds(op.value as number), { thread, op: undefined, answer: undefined });
      return;
    }
    const { nodes } = this.test;
    const node = typeof thread === "number" ? nodes[thread % nodes.length] : undefined;
    const invocation = this.event("invoke", op, op.value === undefined ? null : op.value, node) as Invocation;
    const given = this.client(invocation, {
      thread,
      previous: this.previous[this.table.slotOf(thread) as number],
      random: this.random,
    });
    const latencyNs = Math.round(given === undefined ? this.operationTimeoutNs : (given.latencyNs ?? LATENCY_NS));
    if (!(latencyNs >= 0)) {
      throw new JepsenError("client", `A simulated client answered after ${latencyNs} ns: it must be 0 or more.`);
    }
    const ending: Ending = { thread, op: invocation, answer: given ?? TIMED_OUT };
    this.tell(invocation);
    if (latencyNs === 0) this.finish(ending);
    else this.endings.add(this.time + latencyNs, ending);
  }

  /** The next ending, of which there is one. */
  private end(): void {
    this.time = this.endings.leastKey as number;
    this.finish(this.endings.take() as Ending);
  }

  private finish({ thread, op, answer }: Ending): void {
    this.table.release(thread);
    if (op === undefined || answer === undefined) return;
    const value = answer.value === undefined ? op.value : answer.value;
    const event = this.event(answer.type, op, value, op.node, answer);
    this.previous[this.table.slotOf(thread) as number] = answer.type;
    this.tell(event);
    if (event.type === "info") this.table.renumber(thread);
  }

  private event(
    type: Op["type"],
    op: PlannedOp | Invocation,
    value: unknown,
    node: string | undefined,
    answer?: SimulatedAnswer,
  ): Op {
    const event: { -readonly [Field in keyof Op]: Op[Field] } = {
      index: this.index++,
      time: this.time,
      type,
      process: op.process,
      f: op.f as string,
      value,
    };
    if (op.key !== undefined) event.key = op.key;
    if (node !== undefined) event.node = node;
    if (answer?.error !== undefined) event.error = answer.error;
    if (answer?.evidence !== undefined) event.evidence = answer.evidence;
    if (this.keep) this.history.push(event);
    this.onEvent?.(event);
    return event;
  }

  private tell(event: Op): void {
    if (this.generator === undefined) return;
    this.generator = tellFriendly(this.generator, this.test, this.table.context(this.time), event);
  }

  private stalled(): JepsenError {
    return new JepsenError(
      "stalled",
      `The simulation makes no progress: nothing is in flight at ${this.time} ns, and the generator is pending for no known time. It waits for a thread, an event or a promise that never comes: ${describe(this.generator)}`,
      { timeNs: this.time },
    );
  }
}
