import { canKill, canStop, listsProcesses } from "./abilities.ts";
import { sleep } from "./clock.ts";
import { onNodes } from "./control/on-nodes.ts";
import { changesMembers, isRefused } from "./members.ts";
import type { Db, Test } from "./test.ts";

const POLL_PAUSE_MS = 2_000;

/** A database process that ended: one entry of processes.json. `time`: when it was noticed, in nanoseconds since the start. */
export interface ProcessEnd {
  readonly node: string;
  readonly role: string;
  readonly pid: number;
  readonly time: number;
  readonly expected: boolean;
  readonly detail?: string;
}

interface NodeState {
  /** role and pid of what should be running. */
  alive: Map<number, string>;
  /** Grows with every kill, stop and start, so that a poll that overlapped one is thrown away. */
  version: number;
  /** Taken out of the membership: its processes may end by themselves, and are right to. */
  mayEnd: boolean;
}

/**
 * Knows which database processes should be running, because every kill, stop and start, and every removal of a member,
 * goes through `watched`, and notices those that end by themselves.
 */
export class ProcessWatch {
  readonly #ends: ProcessEnd[] = [];
  readonly #states = new Map<string, NodeState>();
  readonly #db: Db;
  readonly #now: () => number;
  #stopped: AbortController | undefined;
  #loop: Promise<void> = Promise.resolve();

  /** `now`: nanoseconds since the start of the run. */
  constructor(db: Db, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** The same database, with its kills, stops and starts noted. */
  watched(): Db {
    const wrap =
      (act: (test: Test, node: string, roles?: readonly string[]) => Promise<void>, starts: boolean) =>
      async (test: Test, node: string, roles?: readonly string[]) => {
        const state = this.#state(node);
        state.version++;
        if (!starts) this.#expectEnd(node, roles);
        state.mayEnd = false;
        try {
          await act(test, node, roles);
        } finally {
          if (starts) await this.#look(test, node);
          state.version++;
        }
      };
    const replaced: Record<string, unknown> = {};
    const db = this.#db;
    if (canKill(db)) {
      replaced.kill = wrap((test, node, roles) => db.kill(test, node, roles), false);
      replaced.start = wrap((test, node, roles) => db.start(test, node, roles), true);
    }
    if (canStop(db)) replaced.stop = wrap((test, node, roles) => db.stop(test, node, roles), false);
    if (changesMembers(db)) {
      replaced.removeMember = async (test: Test, node: string, via: string) => {
        const state = this.#state(node);
        state.mayEnd = true;
        await db.removeMember(test, node, via).catch((error: unknown) => {
          if (isRefused(error)) state.mayEnd = false;
          throw error;
        });
      };
      replaced.addMember = (test: Test, node: string, via: string) =>
        wrap(() => db.addMember(test, node, via), true)(test, node);
    }
    return new Proxy(db, {
      get(target, name) {
        if (typeof name === "string" && name in replaced) return replaced[name];
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  /** Takes what runs now as what should run, and watches it. */
  async start(test: Test): Promise<void> {
    if (!listsProcesses(this.#db)) return;
    await Promise.all(test.nodes.map((node) => this.#look(test, node)));
    const stopped = new AbortController();
    this.#stopped = stopped;
    this.#loop = this.#poll(test, stopped.signal);
  }

  /** Looks a last time and returns every end that was seen. */
  async stop(test: Test): Promise<readonly ProcessEnd[]> {
    if (!this.#stopped) return this.#ends;
    this.#stopped.abort();
    await this.#loop;
    await this.#compare(test, { isLast: true });
    return this.#ends;
  }

  async #poll(test: Test, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#compare(test, { isLast: false });
      await sleep(POLL_PAUSE_MS, signal).catch(() => {}); // aborted: the loop ends
    }
  }

  #state(node: string): NodeState {
    let state = this.#states.get(node);
    if (!state) {
      state = { alive: new Map(), version: 0, mayEnd: false };
      this.#states.set(node, state);
    }
    return state;
  }

  #expectEnd(node: string, roles: readonly string[] | undefined): void {
    const { alive } = this.#state(node);
    for (const [pid, role] of alive) {
      if (roles !== undefined && !roles.includes(role)) continue;
      alive.delete(pid);
      this.#ends.push({ node, role, pid, time: this.#now(), expected: true });
    }
  }

  async #look(test: Test, node: string): Promise<void> {
    if (!listsProcesses(this.#db)) return;
    const found = await this.#db.processes(test, node);
    this.#state(node).alive = new Map(found.map(({ pid, role }) => [pid, role]));
  }

  async #compare(test: Test, { isLast }: { readonly isLast: boolean }): Promise<void> {
    const db = this.#db;
    if (!listsProcesses(db)) return;
    await onNodes(test.nodes, async (node) => {
      const state = this.#state(node);
      const { version } = state;
      const running = new Map((await db.processes(test, node)).map(({ pid, role }) => [pid, role]));
      if (state.version !== version) return;
      for (const [pid, role] of state.alive) {
        if (running.has(pid)) continue;
        const isSupervised = db.supervised?.includes(role) === true;
        const successor = isSupervised ? [...running].find(([, each]) => each === role)?.[0] : undefined;
        if (isSupervised && successor === undefined && !isLast) continue; // it may come yet
        state.alive.delete(pid);
        if (successor !== undefined) state.alive.set(successor, role);
        const expected = successor !== undefined || state.mayEnd;
        const detail = successor === undefined ? `process ${pid} was gone` : `process ${successor} took its place`;
        this.#ends.push({ node, role, pid, time: this.#now(), expected, detail });
      }
    }); // a node that cannot be asked now is asked again by the next look
  }
}
