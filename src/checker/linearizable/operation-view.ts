/** Operations in words. */

import type { Op } from "../../history/op.ts";
import { showValue } from "../../history/value.ts";
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
    text: clip(model.describeOp?.(op) ?? describeOp(op)),
  };
}

/** `write 3`, `read → 3`, `cas [1,2] → false`, `enqueue 5, outcome unknown`. */
function describeOp(op: ModelOp): string {
  const input = op.input === null || op.input === undefined ? "" : ` ${showValue(op.input)}`;
  if (op.crashed) return `${op.f}${input}, outcome unknown`;
  const answered = showValue(op.output ?? null);
  const echo = answered === showValue(op.input ?? null) && input !== "";
  return `${op.f}${input}${echo || (op.output === undefined && input !== "") ? "" : ` → ${answered}`}`;
}

/** At most `TEXT_MAX` characters. */
export function clip(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`;
}
