import type { ChosenClock } from "../../../nemesis/clock/choose-clock.ts";
import { ClockNemesis } from "../../../nemesis/clock/clock-nemesis.ts";
import { ControlClock } from "../../../nemesis/clock/control-clock.ts";
import type { ClockReading, NodeClock, Strobe, StrobeOutcome } from "../../../nemesis/clock/node-clock.ts";
import { deltaNsAt, NO_SHIFT, type Shift } from "../../../nemesis/clock/shift.ts";
import { sleep } from "../../../src/clock.ts";
import type { Completion, Db, Guard, Invocation, StartHook, Test } from "../../../src/test.ts";

const EPOCH_MS = 1_700_000_000_000;

interface FakeProcess {
  readonly pid: number;
  shift: Shift | undefined;
}

/** A node's processes, their clocks, and what can go wrong with them. */
export class FakeNode implements NodeClock {
  readonly mechanism = "vdso";
  readonly basis = "the bytes read back";
  readonly toleranceNs = 1_000;
  readonly perProcess = true;
  readonly node: string;
  processes: FakeProcess[] = [{ pid: 100, shift: undefined }];
  /** Somebody takes the patch away at once. */
  isSabotaged = false;
  /** The bytes are there, but the clock that the database shows is the true one. */
  isIneffective = false;
  /** How far the node's kernel clock has been moved. */
  kernelMovedMs = 0;
  isUnreachable = false;
  /** Its database does not answer. */
  isSilent = false;
  /** Its processes stand still, and so answer nobody. */
  isPaused = false;
  /** Another fault ends its processes while they are shifted or strobed. */
  isKilledMeanwhile = false;
  strobed: Strobe | undefined;
  /** How often a strobe switches before its process is killed. */
  switchesBefore = 0;
  /** The strobe's switches cannot be read back. */
  isStrobeLost = false;
  applied = 0;
  readonly #world: World;

  constructor(world: World, node: string) {
    this.#world = world;
    this.node = node;
  }

  undoScript(): string {
    return `undo ${this.node}`;
  }

  async read(): Promise<ClockReading> {
    if (this.isUnreachable) throw new Error("no route to host");
    const trueNs = BigInt(Math.round(this.#world.nowMs + this.kernelMovedMs)) * 1_000_000n;
    return {
      trueNs: String(trueNs),
      clocks: this.processes.map(({ pid, shift }) => ({
        name: `db (process ${pid})`,
        deltaNs: shift ? deltaNsAt(shift, String(trueNs)) : 0,
        installed: shift !== undefined,
        clean: shift === undefined,
        paused: this.isPaused,
        facts: {},
      })),
    };
  }

  async apply(shift: Shift): Promise<ClockReading> {
    this.applied++;
    if (this.isKilledMeanwhile) this.processes = [];
    if (!this.isSabotaged) for (const process of this.processes) process.shift = shift;
    return this.read();
  }

  async strobe(strobe: Strobe): Promise<StrobeOutcome> {
    if (this.isKilledMeanwhile) {
      this.processes = [];
      const clock = { name: "db (process 100)", switches: this.switchesBefore, confirmed: this.switchesBefore };
      return { tookMs: 1, clocks: [{ ...clock, gone: true }] };
    }
    this.strobed = strobe;
    for (const process of this.processes) process.shift ??= NO_SHIFT;
    const enough = this.#world.asked + 24;
    while (this.#world.asked < enough) await sleep(5);
    this.strobed = undefined;
    const switches = Math.ceil(strobe.durationMs / strobe.periodMs);
    const clocks = [{ name: "db (process 100)", switches, confirmed: this.isStrobeLost ? 0 : switches }];
    return { tookMs: strobe.durationMs, clocks };
  }

  async reset(): Promise<void> {
    if (this.isUnreachable) throw new Error("no route to host");
    for (const process of this.processes) process.shift = undefined;
  }

  /** How far the database's own clock is off. */
  databaseDeltaMs(): number {
    const shift = this.isIneffective ? undefined : this.processes[0]?.shift;
    const delta = shift ? deltaNsAt(shift, String(BigInt(Math.round(this.#world.nowMs)) * 1_000_000n)) / 1e6 : 0;
    const isOn = this.strobed !== undefined && !this.isIneffective && this.#world.asked % 3 === 0;
    return delta + (isOn ? (this.strobed?.deltaMs ?? 0) : 0);
  }
}

/** Three nodes, a database that shows its clock in whole seconds, and time that moves only when told to. */
export class World {
  readonly nodes = ["n1", "n2", "n3"];
  readonly clocks = new Map(this.nodes.map((node) => [node, new FakeNode(this, node)]));
  readonly registered = new Map<string, string>();
  readonly expiries = new Map(this.nodes.map((node) => [node, 0]));
  readonly hooks = new Set<StartHook>();
  readonly log: string[] = [];
  readonly nemesis: ClockNemesis;
  readonly test: Test;
  elapsedMs = 0;
  hostMovedMs = 0;
  asked = 0;

  constructor(options: { readonly showsClock?: boolean } = {}) {
    const chosen = new Map(
      [...this.clocks].map(([node, clock]): [string, ChosenClock] => [node, { clock, sharesControlKernel: true }]),
    );
    const control = new ControlClock(
      () => this.elapsedMs,
      () => this.nowMs + this.hostMovedMs,
    );
    this.nemesis = new ClockNemesis(async () => chosen, control);
    // The parts of a test that the clock fault uses.
    this.test = {
      nodes: this.nodes,
      db: this.#db(options.showsClock ?? true),
      guard: (node: string) => this.#guard(node),
      log: (line: string) => this.log.push(line),
    } as unknown as Test;
  }

  get nowMs(): number {
    return EPOCH_MS + this.elapsedMs;
  }

  at(node: string): FakeNode {
    return this.clocks.get(node) as FakeNode;
  }

  async invoke(f: string, value: unknown = null, signal = new AbortController().signal): Promise<Completion> {
    const op: Invocation = { index: 0, time: 0, type: "invoke", process: "nemesis:clock", f, value };
    return this.nemesis.invoke(this.test, op, signal);
  }

  /** The database on a node ends and starts again, as a new process with the true clock. */
  async restart(node: string): Promise<void> {
    this.kill(node);
    this.at(node).processes = [{ pid: 200, shift: undefined }];
    for (const hook of this.hooks) await hook(this.test, node);
  }

  kill(node: string): void {
    this.at(node).processes = [];
  }

  /** The node's lease runs out: its undo script runs. */
  async expire(node: string): Promise<void> {
    this.expiries.set(node, (this.expiries.get(node) ?? 0) + 1);
    if (this.registered.delete(node)) await this.at(node).reset();
  }

  #guard(node: string): Guard {
    return {
      register: async (_fault, script) => void this.registered.set(node, script),
      unregister: async () => void this.registered.delete(node),
      note: async () => undefined,
      renew: async () => this.expiries.get(node) ?? 0,
    };
  }

  #db(showsClock: boolean): Db {
    const db = {
      setup: async () => undefined,
      teardown: async () => undefined,
      onStart: (hook: StartHook) => {
        this.hooks.add(hook);
        return () => this.hooks.delete(hook);
      },
    };
    if (!showsClock) return db;
    const databaseClock = async (_test: Test, name: string) => {
      this.asked++;
      const node = this.at(name);
      if (node.isSilent || node.isPaused || node.processes.length === 0) throw new Error("connection refused");
      const exact = this.nowMs + node.databaseDeltaMs();
      return { epochMs: Math.floor(exact / 1000) * 1000, resolutionMs: 1000 };
    };
    return { ...db, databaseClock } as Db;
  }
}
