/** Operations in words. */

import { messageOf } from "../../errors.ts";
import type { Op } from "../../history/op.ts";
import { sameValue, showValue } from "../../history/value.ts";
import type { Model, ModelOp } from "../../model/model.ts";
import { type Group, modelOpAt } from "./group.ts";
import type { OperationView } from "./result.ts";

/** Characters of an operation's text at most. */
const TEXT_MAX = 200;

/** An operation of a group, for people. */
export function operationView(model: Model, group: Group, number: number): OperationView {
  const invoke = group.history[group.invoke[number] as number] as Op;
  const complete = group.complete[number] as number;
  const op = modelOpAt(group, number);
  return {
    invoked: invoke.index,
    ...(complete < 0 ? {} : { completed: (group.history[complete] as Op).index }),
    process: op.process,
    text: clip(described(model, op)),
  };
}

/** A model that cannot describe an operation says so in its place: a verdict is not lost by that. */
function described(model: Model, op: ModelOp): string {
  try {
    return model.describeOp?.(op) ?? describeOp(op, model.readOnly(op));
  } catch (error) {
    return `${op.f} (the model's describeOp failed: ${messageOf(error)})`;
  }
}

/** `write 3`, `read → 3`, `cas [1,2]`, `enqueue 5, outcome unknown`. What changes something need not answer anything. */
function describeOp(op: ModelOp, observes: boolean): string {
  const input = op.input ?? null;
  const asked = input === null ? op.f : `${op.f} ${showValue(input)}`;
  if (op.crashed) return `${asked}, outcome unknown`;
  const output = op.output ?? null;
  const isSilent = output === null ? input !== null || !observes : sameValue(input, output);
  return isSilent ? asked : `${asked} → ${showValue(output)}`;
}

/** At most `TEXT_MAX` characters. */
export function clip(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`;
}
