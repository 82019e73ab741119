/** Which completion belongs to which invocation. A process does one thing at a time; nemesis lanes are processes. */
import { JepsenError } from "../errors.ts";
import type { History, Op, Process } from "./op.ts";

/** One operation from its beginning to its end. */
export interface Operation {
  readonly invoke: Op;
  /** Absent when the history ends before the operation does: whether it happened is unknown, as with `info`. */
  readonly completion?: Op;
}

/**
 * For each position in the history the position of its partner, or -1: invocations without a completion, and `info`
 * events that belong to no invocation (remarks). Positions count from 0 within the array given, so a sub-history works.
 * Throws JepsenError "corrupt" when a process invokes while it is busy, or ends (ok, fail) what it did not begin, or
 * something else than it began.
 */
export function pairs(history: History): Int32Array {
  const partner = new Int32Array(history.length).fill(-1);
  const open = new Map<Process, number>();
  for (let position = 0; position < history.length; position++) {
    const op = history[position] as Op;
    const begun = open.get(op.process);
    if (op.type === "invoke") {
      if (begun !== undefined) throw busy(op, history[begun] as Op);
      open.set(op.process, position);
    } else if (begun !== undefined) {
      if ((history[begun] as Op).f !== op.f) throw mismatch(op, history[begun] as Op);
      partner[begun] = position;
      partner[position] = begun;
      open.delete(op.process);
    } else if (op.type !== "info") {
      throw new JepsenError(
        "corrupt",
        `Operation ${op.index} ends (${op.type}) something that process ${op.process} never began: its invocation is missing.`,
        { index: op.index, process: op.process },
      );
    }
  }
  return partner;
}

/** Every operation of the history in the order of invocation. Throws as `pairs` does. */
export function operations(history: History): Operation[] {
  const partner = pairs(history);
  const out: Operation[] = [];
  for (let position = 0; position < history.length; position++) {
    const invoke = history[position] as Op;
    if (invoke.type !== "invoke") continue;
    const end = partner[position] as number;
    out.push(end < 0 ? { invoke } : { invoke, completion: history[end] as Op });
  }
  return out;
}

function mismatch(op: Op, begun: Op): JepsenError {
  return new JepsenError(
    "corrupt",
    `Operation ${op.index} ends a "${op.f}", but what process ${op.process} began (operation ${begun.index}) is a "${begun.f}".`,
    { index: op.index, process: op.process, open: begun.index },
  );
}

function busy(op: Op, begun: Op): JepsenError {
  return new JepsenError(
    "corrupt",
    `Process ${op.process} begins operation ${op.index} while its operation ${begun.index} is still open: a process does one thing at a time, and goes on under a new number after an unknown outcome.`,
    { index: op.index, process: op.process, open: begun.index },
  );
}
