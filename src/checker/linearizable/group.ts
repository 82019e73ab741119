/** A history taken apart into objects that can be checked one by one. */

import { JepsenError } from "../../errors.ts";
import type { History, Key, Op } from "../../history/op.ts";
import { isClientOp } from "../../history/op.ts";
import { pairs } from "../../history/pairs.ts";
import type { Model, ModelOp } from "../../model/model.ts";
import type { Tuning } from "./tuning.ts";

/**
 * The operations on one object in the order of invocation, without those that did not happen (`fail`). Positions are
 * indexes into `history`; the order of positions is the order of real time.
 */
export interface Group {
  readonly history: History;
  /** The operations' key; absent for operations without one. */
  readonly key?: Key;
  /** The part of the object, where the model splits an object into parts. */
  readonly part?: Key;
  /** Position of each operation's invocation. */
  readonly invoke: Int32Array;
  /** Position of each operation's `ok` completion; -1 when the operation crashed. */
  readonly complete: Int32Array;
  /**
   * Invocations and returns in the order of time: the operation's number × 2, plus 1 for a return. An operation without
   * a return is optional: it may have happened at any time after its invocation, or never. That is what crashed; and, in
   * a weakened group, what completed but need not have happened.
   */
  readonly events: Int32Array;
}

/** How many operations the group has. */
export function groupSize(group: Group): number {
  return group.invoke.length;
}

/** An operation of the group as the model sees it. */
export function modelOpAt(group: Group, number: number): ModelOp {
  const invoke = group.history[group.invoke[number] as number] as Op;
  const complete = group.complete[number] as number;
  return {
    f: invoke.f,
    input: invoke.value,
    output: complete < 0 ? undefined : (group.history[complete] as Op).value,
    crashed: complete < 0,
    process: invoke.process as number,
  };
}

/**
 * The clients' operations by key (operations on different keys are on different objects, so that a history is
 * linearizable exactly when each key's part of it is: Herlihy & Wing's locality). Throws JepsenError "corrupt" when
 * invocations and completions do not pair up.
 */
export function groupsOf(history: History): Group[] {
  const partner = pairs(history);
  const builders: GroupBuilder[] = [];
  const builderByKey = new Map<Key | undefined, number>();
  /** By position of an invocation: its builder, and its number there. */
  const builderAt = new Int32Array(history.length);
  const numberAt = new Int32Array(history.length);
  for (let position = 0; position < history.length; position++) {
    const op = history[position] as Op;
    if (!isClientOp(op)) continue;
    const other = partner[position] as number;
    if (op.type === "ok") (builders[builderAt[other] as number] as GroupBuilder).end(numberAt[other] as number);
    if (op.type !== "invoke") continue;
    const type = other < 0 ? "info" : (history[other] as Op).type;
    if (type === "fail") continue;
    let at = builderByKey.get(op.key);
    if (at === undefined) {
      // Most histories hold one object: the first one gets room for all, within reason.
      at =
        builders.push(new GroupBuilder(builders.length === 0 ? Math.min(history.length, FIRST_CAPACITY) : undefined)) -
        1;
      builderByKey.set(op.key, at);
    }
    builderAt[position] = at;
    numberAt[position] = (builders[at] as GroupBuilder).begin(position, type === "ok" ? other : -1);
  }
  return Array.from(builderByKey, ([key, at]) => (builders[at] as GroupBuilder).build(history, key));
}

/** Splits an object into the parts that its model names, when every operation has one; by locality again. */
export function partsOf(model: Model, group: Group, tuning: Tuning): Group[] {
  if (model.partition === undefined) return [group];
  const size = groupSize(group);
  const builders = new Map<Key, GroupBuilder>();
  const builderOf: GroupBuilder[] = [];
  for (let number = 0; number < size; number++) {
    const op = modelOpAt(group, number);
    if (op.crashed && model.readOnly(op)) continue;
    const part = model.partition(op) ?? (tuning.planted === "loose-parts" ? "the whole" : undefined);
    if (part === undefined) return [group];
    let builder = builders.get(part);
    if (builder === undefined) {
      builder = new GroupBuilder();
      builders.set(part, builder);
    }
    builderOf[number] = builder;
  }
  if (builders.size < 2) return [group];
  const renumbered = new Int32Array(size);
  for (const event of group.events) {
    const number = event >> 1;
    const builder = builderOf[number];
    if (builder === undefined) continue;
    if (event & 1) builder.end(renumbered[number] as number);
    else renumbered[number] = builder.begin(group.invoke[number] as number, group.complete[number] as number);
  }
  return [...builders].map(([part, builder]) => builder.build(group.history, group.key, part));
}

/** Operations that the first object of a history has room for. */
const FIRST_CAPACITY = 1024;

class GroupBuilder {
  #invoke: Int32Array;
  #complete: Int32Array;
  #events: Int32Array;
  #size = 0;
  #eventCount = 0;

  constructor(capacity = 32) {
    this.#invoke = new Int32Array(capacity);
    this.#complete = new Int32Array(capacity);
    this.#events = new Int32Array(2 * capacity);
  }

  /** Adds an operation; answers its number. */
  begin(invoke: number, complete: number): number {
    const number = this.#size++;
    if (number === this.#invoke.length) {
      this.#invoke = doubled(this.#invoke);
      this.#complete = doubled(this.#complete);
      this.#events = doubled(this.#events);
    }
    this.#invoke[number] = invoke;
    this.#complete[number] = complete;
    this.#events[this.#eventCount++] = number * 2;
    return number;
  }

  /** At most once for each operation: there is room for two events of each. */
  end(number: number): void {
    this.#events[this.#eventCount++] = number * 2 + 1;
  }

  build(history: History, key: Key | undefined, part?: Key): Group {
    return {
      history,
      ...(key === undefined ? {} : { key }),
      ...(part === undefined ? {} : { part }),
      invoke: this.#invoke.subarray(0, this.#size),
      complete: this.#complete.subarray(0, this.#size),
      events: this.#events.subarray(0, this.#eventCount),
    };
  }
}

function doubled(array: Int32Array): Int32Array {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}

/** Throws JepsenError "usage" when the model does not know an operation of the group. */
export function requireKnown(model: Model, f: string): void {
  if (model.fs.includes(f)) return;
  throw new JepsenError(
    "usage",
    `The model ${model.name} knows no operation "${f}"; it knows ${model.fs.join(", ")}. Choose another model, or leave such operations out of the history.`,
    { f, model: model.name },
  );
}
