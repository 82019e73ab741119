import { sameValue, showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, type ModelOp, type QueueAction } from "./model.ts";
import { queuedValue } from "./queued-value.ts";

type Items = readonly unknown[];

/**
 * A first-in, first-out queue: `enqueue` a value, not null; `dequeue`, completed with the oldest value, or null when the
 * queue was empty. A dequeue that crashed may have taken the oldest value away.
 */
export function fifoQueue(): Model<Items> {
  return builtIn<Items>({
    name: "fifo-queue",
    description: "a queue, oldest first: enqueue, dequeue → value, or null when empty",
    fs: ["enqueue", "dequeue"],
    init: () => [],
    step(state, op) {
      if (op.f === "enqueue") return [...state, queuedValue(op.f, op.input)];
      if (op.crashed) return state.slice(1);
      const seen = op.output ?? null;
      if (state.length === 0)
        return seen === null ? state : inconsistent(() => `it took ${showValue(seen)} while the queue is empty`);
      if (seen !== null && sameValue(seen, state[0])) return state.slice(1);
      return inconsistent(() =>
        seen === null
          ? `it found nothing while the queue is ${showValue(state)}`
          : `it took ${showValue(seen)} while the oldest value is ${showValue(state[0])}`,
      );
    },
    stateKey: valueKey,
    readOnly: (op) => op.f === "dequeue" && !op.crashed && (op.output ?? null) === null,
    describeState: (state) => showValue(state),
    structure: { kind: "fifo-queue", action },
  });
}

function action(op: ModelOp): QueueAction {
  if (op.f === "enqueue") return { kind: "enqueue", value: queuedValue(op.f, op.input) };
  if (op.crashed) return { kind: "unknown" };
  const value = op.output ?? null;
  return value === null ? { kind: "empty" } : { kind: "dequeue", value };
}
