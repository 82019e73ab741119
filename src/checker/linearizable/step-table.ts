/**
 * A model compiled to integers as far as it is needed: operation classes × states → next state. The model's own `step`
 * runs once for each pair that the search asks for.
 */

import { JepsenError } from "../../errors.ts";
import { showValue } from "../../history/value.ts";
import { type GrowthOutlook, Inconsistent, type Model, type ModelOp, OneOf } from "../../model/model.ts";
import { grown } from "./int-list.ts";
import type { Meter } from "./meter.ts";

/** The operation cannot come next. */
export const ILLEGAL = -1;
/** Nobody asked yet. */
const UNKNOWN = -2;
/** Cells at or below this name a list of possible next states: list number `CHOICES - cell`. */
const CHOICES = -3;

/** Stands for all states that lead to no observation of the history: nothing tells them apart. */
const DEAD = Symbol("dead");

/** Bytes that a state and its map entry are reckoned at, and more for each of its items and for each character of its key. */
const STATE_BYTES = 300;
const ITEM_BYTES = 24;
const ENTRY_BYTES = 100;
const CHARACTER_BYTES = 4;
/** Above this many classes the table is a hash table, as most cells will never be asked for. */
const DENSE_CLASSES_MAX = 128;

/** Steps of one model over the operation classes of one object. */
export class StepTable {
  readonly #model: Model;
  readonly #classes: readonly ModelOp[];
  readonly #meter: Meter;
  readonly #dense: boolean;
  readonly #width: number;
  readonly #states: unknown[] = [];
  readonly #ids = new Map<unknown, number>();
  readonly #choices: Int32Array[] = [];
  /** Dense: cell [state × width + class]. Sparse: triples of state, class, next in open addressing. */
  #cells: Int32Array;
  #sparseCount = 0;
  readonly #outlook: GrowthOutlook<unknown> | undefined;

  /**
   * With `observations`, of a model with `growth`: those of the history. States that lead to none of them become one.
   */
  constructor(model: Model, classes: readonly ModelOp[], meter: Meter, observations?: readonly ModelOp[]) {
    this.#model = model;
    this.#classes = classes;
    this.#meter = meter;
    this.#dense = classes.length <= DENSE_CLASSES_MAX;
    this.#width = Math.max(1, classes.length);
    const size = this.#dense ? 8 * this.#width : 3 * 1024;
    this.#meter.reserve(4 * size);
    this.#cells = new Int32Array(size).fill(UNKNOWN);
    this.#outlook = observations === undefined ? undefined : model.growth?.outlook(observations);
    this.intern(model.init());
  }

  /** How many different states were met. State 0 is the initial one. */
  get stateCount(): number {
    return this.#states.length;
  }

  get classCount(): number {
    return this.#classes.length;
  }

  state(id: number): unknown {
    return this.#states[id];
  }

  /** Whether a state stands for all those that lead to no observation. */
  isDead(id: number): boolean {
    return this.#states[id] === DEAD;
  }

  /** Whether an operation sets an object with growth anew. */
  resets(operation: number): boolean {
    const op = this.classOp(operation);
    return this.#model.growth !== undefined && !this.#model.readOnly(op) && this.#model.growth.resets(op);
  }

  /** Whether changes that do not reset can make of a state one in which an observation is possible. */
  leadsTo(state: number, observation: number): boolean {
    if (this.isDead(state)) return false;
    return this.#model.growth?.leadsTo(this.#states[state], this.classOp(observation)) ?? true;
  }

  classOp(id: number): ModelOp {
    return this.#classes[id] as ModelOp;
  }

  /** The next state's number, ILLEGAL, or a number below ILLEGAL that `choices` takes. */
  next(state: number, operation: number): number {
    if (this.#dense) {
      const cell = this.#cells[state * this.#width + operation] as number;
      return cell === UNKNOWN ? this.#compute(state, operation) : cell;
    }
    return this.#sparseNext(state, operation);
  }

  /** The possible next states of a cell below ILLEGAL. */
  choices(cell: number): Int32Array {
    return this.#choices[CHOICES - cell] as Int32Array;
  }

  /** Replaces a step that was computed before. */
  overwrite(state: number, operation: number, next: number): void {
    if (this.#dense) this.#cells[state * this.#width + operation] = next;
    else this.#cells[this.#probe(this.#cells, state, operation) + 2] = next;
  }

  /** Why the operation cannot come next in this state; undefined when it can. */
  reason(state: number, operation: number): string | undefined {
    if (this.isDead(state)) return this.#stepDead(operation) === ILLEGAL ? "it saw something else" : undefined;
    const answer = this.#model.step(this.#states[state], this.classOp(operation));
    return answer instanceof Inconsistent ? answer.reason : undefined;
  }

  /** The number of a state. */
  intern(state: unknown): number {
    const isDead = state === DEAD || this.#outlook?.leadsToAny(state) === false;
    const key = isDead ? DEAD : this.#model.stateKey(state);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#states.length;
    this.#meter.reserveObjects(bytesOf(state, key));
    this.#states.push(isDead ? DEAD : state);
    this.#ids.set(key, id);
    if (this.#dense && (id + 1) * this.#width > this.#cells.length) this.#growDense();
    return id;
  }

  #compute(state: number, operation: number): number {
    const cell = this.isDead(state) ? this.#stepDead(operation) : this.#step(state, operation);
    if (this.#dense) this.#cells[state * this.#width + operation] = cell;
    return cell;
  }

  /** Holds the model to its contract where a breach would make the verdict wrong. */
  #step(state: number, operation: number): number {
    const before = this.#states[state];
    const op = this.classOp(operation);
    const answer = this.#model.step(before, op);
    const cell = this.#cellOf(answer, op);
    if (cell === state || cell === ILLEGAL) return cell;
    if (answer === before) throw this.#breach(op, "it changed the state that it was given; return a new one");
    if (!this.#model.readOnly(op)) return cell;
    throw this.#breach(op, "it led to a state with another stateKey, but readOnly says that it only observes");
  }

  #breach(op: ModelOp, what: string): JepsenError {
    const text = `${op.f} ${showValue(op.input)}`;
    return new JepsenError("usage", `The model ${this.#model.name} is wrong in its step of ${text}: ${what}.`);
  }

  /** From where no observation is possible, only a reset leads back. */
  #stepDead(operation: number): number {
    const op = this.classOp(operation);
    if (this.#model.readOnly(op)) return ILLEGAL;
    if (this.#model.growth?.resets(op) !== true) return this.intern(DEAD);
    return this.#cellOf(this.#model.step(this.#model.init(), op), op);
  }

  #cellOf(answer: unknown, op: ModelOp): number {
    if (answer === undefined) throw this.#breach(op, "it returned nothing; return the next state, or inconsistent(…)");
    if (answer instanceof Inconsistent) return ILLEGAL;
    if (!(answer instanceof OneOf)) return this.intern(answer);
    const states = [...new Set(answer.states.map((state) => this.intern(state)))];
    if (states.length === 0) return ILLEGAL;
    if (states.length === 1) return states[0] as number;
    this.#choices.push(Int32Array.from(states));
    return CHOICES - (this.#choices.length - 1);
  }

  #growDense(): void {
    const bigger = this.#cells.length * 2;
    const filled = this.#cells.length;
    this.#cells = grown(this.#cells, bigger, this.#meter).fill(UNKNOWN, filled);
  }

  #sparseNext(state: number, operation: number): number {
    let at = this.#probe(this.#cells, state, operation);
    if (this.#cells[at] !== UNKNOWN) return this.#cells[at + 2] as number;
    const cell = this.#compute(state, operation);
    if (++this.#sparseCount * 6 > this.#cells.length) {
      this.#growSparse();
      at = this.#probe(this.#cells, state, operation);
    }
    this.#cells[at] = state;
    this.#cells[at + 1] = operation;
    this.#cells[at + 2] = cell;
    return cell;
  }

  /** Where the triple of this pair is, or the empty place where it belongs. */
  #probe(cells: Int32Array, state: number, operation: number): number {
    const slots = cells.length / 3;
    let hash = Math.imul(Math.imul(state, 0x9e3779b1) ^ operation, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = (hash >>> 0) & (slots - 1);
    for (;;) {
      const at = slot * 3;
      const held = cells[at];
      if (held === UNKNOWN || (held === state && cells[at + 1] === operation)) return at;
      slot = (slot + 1) & (slots - 1);
    }
  }

  #growSparse(): void {
    const old = this.#cells;
    this.#meter.reserve(8 * old.length);
    const cells = new Int32Array(old.length * 2).fill(UNKNOWN);
    for (let at = 0; at < old.length; at += 3) {
      if (old[at] === UNKNOWN) continue;
      const to = this.#probe(cells, old[at] as number, old[at + 1] as number);
      cells.set(old.subarray(at, at + 3), to);
    }
    this.#cells = cells;
    this.#meter.release(4 * old.length);
  }
}

/** What a state is reckoned at, as far as its kind shows. */
function bytesOf(state: unknown, key: unknown): number {
  const bytes = STATE_BYTES + (typeof key === "string" ? CHARACTER_BYTES * key.length : 0);
  if (Array.isArray(state)) return bytes + ITEM_BYTES * state.length;
  return state instanceof Map || state instanceof Set ? bytes + ENTRY_BYTES * state.size : bytes;
}
