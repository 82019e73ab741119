/** Operations that a model cannot tell apart get one number. */

import { valueKey } from "../../history/value.ts";
import type { ModelOp } from "../../model/model.ts";

/** Pairs of whole numbers below this are keyed without making text of them. */
const SMALL = 1 << 20;

/** Numbers operation classes: same function, input, output, optional or not; and process, where owners matter. */
export class ClassInterner {
  readonly #ownerAware: boolean;
  readonly #known = new Map<unknown, Map<unknown, Map<unknown, number>>>();
  /** One operation of each class. */
  readonly classes: ModelOp[] = [];

  constructor(ownerAware: boolean) {
    this.#ownerAware = ownerAware;
  }

  /** The number of an operation's class. */
  classOf(op: ModelOp, isOptional: boolean): number {
    const f = isOptional ? `?${op.f}` : op.f;
    const family = this.#ownerAware ? `${f} ${op.process}` : f;
    let byInput = this.#known.get(family);
    if (byInput === undefined) {
      byInput = new Map();
      this.#known.set(family, byInput);
    }
    const input = quickKey(op.input);
    let byOutput = byInput.get(input);
    if (byOutput === undefined) {
      byOutput = new Map();
      byInput.set(input, byOutput);
    }
    const output = op.output === op.input ? input : quickKey(op.output);
    let id = byOutput.get(output);
    if (id === undefined) {
      id = this.classes.push(op) - 1;
      byOutput.set(output, id);
    }
    return id;
  }
}

/** `valueKey`, with a number for pairs of small whole numbers: no other value has a key that ends in ½. */
function quickKey(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : `${value}`;
  if (!Array.isArray(value)) return typeof value === "string" ? `"${value}` : valueKey(value);
  const a: unknown = value[0];
  const b: unknown = value[1];
  const small = value.length === 2 && isSmall(a) && isSmall(b);
  return small ? a * SMALL + b + 0.5 : valueKey(value);
}

function isSmall(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < SMALL && Number.isInteger(value);
}
