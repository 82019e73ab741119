/** Synthetic histories for measuring checkers: random processes against a correct object, recorded as a run would be. */

import type { Key, Op, OpType } from "../src/history/op.ts";
import { casOk } from "../src/model/cas-register.ts";
import { type Random, randomStream } from "../src/random.ts";

/** What a process asks, and what the object answers when it takes effect. */
export interface Ask {
  readonly f: string;
  readonly input: unknown;
  readonly key?: Key;
  /** Applies it; the answer is the value of the completion. */
  effect(): unknown;
}

export interface Shape {
  readonly operations: number;
  /** How many are open at a time. */
  readonly processes: number;
  /** How many of the operations crash, spread evenly; half of them take effect. */
  readonly crashes: number;
  readonly seed: number;
}

/** Runs processes until they have done their operations. All stay busy: as many are open at a time as there are processes. */
export function simulate(shape: Shape, ask: (random: Random, number: number) => Ask): Op[] {
  const random = randomStream(shape.seed, "bench");
  const history: Op[] = [];
  const lanes: { ask: Ask; answer?: { value: unknown } }[] = [];
  const processes: number[] = [];
  let nextProcess = shape.processes;
  let begun = 0;
  let crashed = 0;
  const record = (lane: number, type: OpType, value: unknown): void => {
    const { ask } = lanes[lane] as { ask: Ask };
    history.push({
      index: history.length,
      time: history.length * 1000,
      type,
      process: processes[lane] as number,
      f: ask.f,
      value,
      ...(ask.key === undefined ? {} : { key: ask.key }),
    });
  };
  const begin = (lane: number): void => {
    lanes[lane] = { ask: ask(random, begun++) };
    record(lane, "invoke", (lanes[lane] as { ask: Ask }).ask.input);
  };
  for (let lane = 0; lane < shape.processes && begun < shape.operations; lane++) {
    processes[lane] = lane;
    begin(lane);
  }
  const active = lanes.map((_, lane) => lane);
  while (active.length > 0) {
    const at = random.int(active.length);
    const lane = active[at] as number;
    const running = lanes[lane] as { ask: Ask; answer?: { value: unknown } };
    if (running.answer === undefined) {
      const crash = crashed < Math.floor((begun * shape.crashes) / shape.operations);
      if (crash && running.ask.f !== "read") {
        crashed++;
        if (random.bool()) running.ask.effect();
        record(lane, "info", running.ask.input);
        processes[lane] = nextProcess++;
      } else {
        running.answer = { value: running.ask.effect() };
        continue;
      }
    } else {
      record(lane, "ok", running.answer.value);
    }
    if (begun < shape.operations) begin(lane);
    else active.splice(at, 1);
  }
  return history;
}

/** read / write / cas on values below `values`, over `keys` keys; operations in `mix` are equally likely. */
export function casHistory(
  shape: Shape & {
    readonly values: number;
    readonly keys?: number;
    readonly mix?: readonly ("read" | "write" | "cas")[];
  },
): Op[] {
  const mix = shape.mix ?? ["read", "write", "cas"];
  const state = new Map<Key | undefined, number | null>();
  return simulate(shape, (random) => {
    const key = shape.keys === undefined ? undefined : random.int(shape.keys);
    const keyed = key === undefined ? {} : { key };
    const f = random.pick(mix);
    const a = random.int(shape.values);
    const b = random.int(shape.values);
    if (f === "read") return { f, input: null, ...keyed, effect: () => state.get(key) ?? null };
    if (f === "write") return { f, input: a, ...keyed, effect: () => then(a, state.set(key, a)) };
    const cas = () => {
      const swapped = state.get(key) === a;
      if (swapped) state.set(key, b);
      return casOk(a, b, swapped);
    };
    return { f, input: [a, b], ...keyed, effect: cas };
  });
}

/** A copy of a history in which one completed read, the first after this fraction of it, saw a value nobody wrote. */
export function withImpossibleRead(history: readonly Op[], fraction: number): Op[] {
  const from = Math.floor(history.length * fraction);
  const at = history.findIndex((op, i) => i >= from && op.type === "ok" && op.f === "read");
  return history.map((op, i) => (i === at ? { ...op, value: "nobody wrote this" } : op));
}

/** Writes of distinct values, and reads, on one register. */
export function distinctHistory(shape: Shape): Op[] {
  let value: number | null = null;
  return simulate(shape, (random, number) => {
    if (random.bool()) return { f: "read", input: null, effect: () => value };
    return { f: "write", input: number, effect: () => (value = number) };
  });
}

/** get / put / append on the text of one key: mostly gets and appends, some puts. */
export function textHistory(shape: Shape): Op[] {
  let text = "";
  return simulate(shape, (random, number) => {
    const kind = random.weighted([
      ["get", 50],
      ["append", 45],
      ["put", 5],
    ] as const);
    const argument = `x ${number} y`;
    if (kind === "get") return { f: "get", input: null, effect: () => text };
    const effect = () => {
      text = kind === "put" ? argument : text + argument;
      return argument;
    };
    return { f: kind, input: argument, effect };
  });
}

/** The value, after something was done. */
function then<T>(value: T, _done: unknown): T {
  return value;
}

/** Distinct values through a fifo queue. */
export function queueHistory(shape: Shape): Op[] {
  const items: number[] = [];
  let first = 0;
  return simulate(shape, (random, number) => {
    if (random.bool()) return { f: "enqueue", input: number, effect: () => then(number, items.push(number)) };
    return { f: "dequeue", input: null, effect: () => (first < items.length ? items[first++] : null) };
  });
}

/** Distinct elements added to a set, some removed again, with questions about them. */
export function setHistory(shape: Shape): Op[] {
  const present = new Set<number>();
  const added: number[] = [];
  const removable: number[] = [];
  return simulate(shape, (random, number) => {
    const kind = random.int(4);
    if (kind === 0 && removable.length > 0) {
      const element = removable.splice(random.int(removable.length), 1)[0] as number;
      return { f: "remove", input: element, effect: () => then(element, present.delete(element)) };
    }
    if (kind >= 2 && added.length > 0) {
      const element = random.pick(added.slice(-1000));
      return { f: "contains", input: element, effect: () => present.has(element) };
    }
    added.push(number);
    return {
      f: "add",
      input: number,
      effect: () => {
        present.add(number);
        removable.push(number);
        return number;
      },
    };
  });
}
