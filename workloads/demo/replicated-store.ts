import { monotonicMs, sleep } from "../../src/clock.ts";
import type { OpError, Random } from "../../src/test.ts";
import type { Bug } from "./bugs.ts";

/** A replica's data. */
export type Data = Map<string, number>;

/** What is done on a replica's data, at once: it changes the data or only looks at it, and answers something. */
export type Command<T> = (data: Data) => T;

/** fail: certainly not done · info: nobody knows. */
export type Answer<T> =
  | { readonly type: "ok"; readonly value: T }
  | { readonly type: "fail" | "info"; readonly error: OpError };

export interface StoreOptions {
  /** At least three. The first one is the first primary. */
  readonly nodes: readonly string[];
  readonly random: Random;
  readonly bug?: Bug | undefined;
}

interface Replica {
  readonly node: string;
  data: Data;
  /** How many commands it has applied. */
  position: number;
  /** On their way to it, in order. */
  queue: Command<unknown>[];
  receiving: boolean;
  /** The longest that it takes to receive what is on its way. */
  readonly lagMs: number;
}

interface Waiter {
  readonly position: number;
  readonly answer: (committed: boolean) => void;
}

const HOP_MS = 1;
/** The last of the nodes are slow to receive: a majority has everything long before they do. */
const FAST_LAG_MS = 2;
const SLOW_LAG_MS = 30;
/** A primary that hears of no other node for so long refuses to serve. */
const LEASE_MS = 15;
/** The others choose a new primary after this; longer than the lease, so that there are never two. */
const ELECTION_MS = 40;
const UNREACHABLE_MS = 5;

/**
 * A small replicated store inside one process, to try checkers on: one primary executes all commands in order and sends
 * them to the others; a command is acknowledged once a majority has executed it, reads included. When the primary is
 * isolated, it stops serving, and the others choose the one of them that knows most. It keeps its word, unless a bug is
 * asked for. Everything lives as long as the object; nothing is on disk.
 */
export class ReplicatedStore {
  readonly #replicas: ReadonlyMap<string, Replica>;
  readonly #random: Random;
  readonly #bug: Bug | undefined;
  #primary: Replica;
  #isolated: { readonly replica: Replica; readonly sinceMs: number; readonly wasPrimary: boolean } | undefined;
  /** Commands that the primary executed and that no majority has, in order. */
  #waiting: Waiter[] = [];

  constructor(options: StoreOptions) {
    const { nodes, random, bug } = options;
    if (nodes.length < 3)
      throw new RangeError(`A store of ${nodes.length} nodes cannot do without one: give at least 3.`);
    const majority = Math.floor(nodes.length / 2) + 1;
    this.#random = random;
    this.#bug = bug;
    this.#replicas = new Map(
      nodes.map((node, i) => {
        const lagMs = i < majority ? FAST_LAG_MS : SLOW_LAG_MS;
        return [node, { node, data: new Map(), position: 0, queue: [], receiving: false, lagMs }];
      }),
    );
    this.#primary = this.#replica(nodes[0] as string);
  }

  /** The primary in the eyes of the majority. */
  get primary(): string {
    return this.#primary.node;
  }

  /** Whether messages from one node reach another one. */
  reaches(from: string, to: string): boolean {
    const cut = this.#isolated?.replica.node;
    return from === to || (from !== cut && to !== cut);
  }

  /** Executes a command at the node's primary. */
  async execute<T>(node: string, command: Command<T>, signal?: AbortSignal): Promise<Answer<T>> {
    await sleep(HOP_MS, signal);
    const isolated = this.#isolated;
    if (isolated?.replica.node !== node && this.reaches(node, this.#primary.node)) {
      return this.#executeAt(this.#primary, command);
    }
    if (isolated?.replica.node !== node || !isolated.wasPrimary) {
      await sleep(UNREACHABLE_MS, signal);
      return failed("unreachable", `${node} cannot reach a primary`);
    }
    const alone = isolated.replica;
    if (this.#bug === "split-brain") return { type: "ok", value: apply(alone, command) };
    if (monotonicMs() - isolated.sinceMs < LEASE_MS) return this.#executeAt(alone, command);
    await sleep(UNREACHABLE_MS, signal);
    return failed("no-majority", `${node} has lost the other nodes`);
  }

  /** Looks at the data. */
  async read<T>(node: string, command: Command<T>, signal?: AbortSignal): Promise<Answer<T>> {
    if (this.#bug !== "stale-reads") return this.execute(node, command, signal);
    await sleep(HOP_MS, signal);
    return { type: "ok", value: command(this.#replica(node).data) };
  }

  /**
   * Executes two commands as one: nobody sees the first without the second. The first may refuse by answering with
   * words why; nothing is done then.
   */
  async transact(
    node: string,
    first: Command<string | undefined>,
    second: Command<void>,
    signal?: AbortSignal,
  ): Promise<Answer<undefined>> {
    const isDirty = this.#bug === "dirty-reads";
    const begun = await this.execute(
      node,
      (data) => {
        const refusal = first(data);
        if (refusal === undefined && !isDirty) second(data);
        return refusal;
      },
      signal,
    );
    if (begun.type !== "ok") return begun;
    if (begun.value !== undefined) return failed("refused", begun.value);
    if (!isDirty) return { type: "ok", value: undefined };
    const ended = await this.execute(node, second, signal);
    return ended.type === "ok"
      ? { type: "ok", value: undefined }
      : { type: "info", error: { code: "half-done", message: "the second half could not be executed" } };
  }

  /** Cuts the primary off. Resolves with its name once the others have a new one. */
  async isolatePrimary(signal?: AbortSignal): Promise<string> {
    if (this.#isolated) return this.#isolated.replica.node;
    const old = this.#primary;
    this.#isolated = { replica: old, sinceMs: monotonicMs(), wasPrimary: true };
    for (const replica of this.#replicas.values()) replica.queue = [];
    await sleep(ELECTION_MS, signal);
    const others = [...this.#replicas.values()].filter((replica) => replica !== old);
    this.#primary = others.reduce((best, each) => (each.position > best.position ? each : best));
    for (const other of others) this.#copyTo(other);
    for (const { answer } of this.#waiting.splice(0)) answer(false);
    return old.node;
  }

  /** Joins all nodes again; who was away takes over what the others have. */
  heal(): void {
    if (!this.#isolated) return;
    this.#isolated = undefined;
    for (const replica of this.#replicas.values()) this.#copyTo(replica);
    this.#commit();
  }

  #replica(node: string): Replica {
    const replica = this.#replicas.get(node);
    if (!replica) throw new RangeError(`There is no node ${node}.`);
    return replica;
  }

  #copyTo(replica: Replica): void {
    if (replica === this.#primary) return;
    replica.data = new Map(this.#primary.data);
    replica.position = this.#primary.position;
    replica.queue = [];
  }

  async #executeAt<T>(primary: Replica, command: Command<T>): Promise<Answer<T>> {
    const value = apply(primary, command);
    for (const replica of this.#replicas.values()) {
      if (replica === primary || !this.reaches(primary.node, replica.node)) continue;
      replica.queue.push(command);
      if (!replica.receiving) void this.#receive(replica);
    }
    if (this.#bug === "lost-writes") return { type: "ok", value };
    const { position } = primary;
    const committed = await new Promise<boolean>((answer) => this.#waiting.push({ position, answer }));
    if (committed) return { type: "ok", value };
    const message = `${primary.node} was isolated before a majority had it`;
    return { type: "info", error: { code: "primary-lost", message } };
  }

  /** Brings a replica up to date, as slowly as it is. */
  async #receive(replica: Replica): Promise<void> {
    replica.receiving = true;
    while (replica.queue.length > 0) {
      await sleep(HOP_MS + this.#random.float() * (replica.lagMs - HOP_MS));
      for (const command of replica.queue.splice(0)) apply(replica, command);
      this.#commit();
    }
    replica.receiving = false;
  }

  #commit(): void {
    const cut = this.#isolated?.replica;
    const positions = [...this.#replicas.values()].filter((each) => each !== cut).map(({ position }) => position);
    const majority = Math.floor(this.#replicas.size / 2) + 1;
    const committed = positions.sort((a, b) => b - a)[majority - 1] ?? 0;
    let count = 0;
    while (count < this.#waiting.length && (this.#waiting[count] as Waiter).position <= committed) count++;
    for (const { answer } of this.#waiting.splice(0, count)) answer(true);
  }
}

function apply<T>(replica: Replica, command: Command<T>): T {
  replica.position++;
  return command(replica.data);
}

function failed(code: string, message: string): { readonly type: "fail"; readonly error: OpError } {
  return { type: "fail", error: { code, message } };
}
