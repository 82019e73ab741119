import { showValue, valueText } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, OneOf } from "./model.ts";
import { queuedValue } from "./queued-value.ts";

/** Texts of the values in the bag, sorted, repeated as often as the value is in it. */
type Bag = readonly string[];

/**
 * A queue without an order: `enqueue` a value, not null; `dequeue`, completed with any value that is in it, or null when
 * it was empty. A dequeue that crashed may have taken any value away.
 */
export function unorderedQueue(): Model<Bag> {
  return builtIn<Bag>({
    name: "unordered-queue",
    description: "a queue in any order: enqueue, dequeue → value, or null when empty",
    fs: ["enqueue", "dequeue"],
    init: () => [],
    step(state, op) {
      if (op.f === "enqueue") return [...state, valueText(queuedValue(op.f, op.input))].sort();
      if (op.crashed) {
        const distinct = [...new Set(state)];
        return distinct.length === 0 ? state : new OneOf(distinct.map((key) => without(state, key)));
      }
      const seen = op.output ?? null;
      if (seen === null)
        return state.length === 0 ? state : inconsistent(() => `it found nothing while ${describe(state)}`);
      const key = valueText(seen);
      if (state.includes(key)) return without(state, key);
      return inconsistent(() => `it took ${showValue(seen)} while ${describe(state)}`);
    },
    stateKey: (state) => JSON.stringify(state),
    readOnly: (op) => op.f === "dequeue" && !op.crashed && (op.output ?? null) === null,
    partition: (op) => {
      if (op.f === "enqueue") return valueText(queuedValue(op.f, op.input));
      return op.crashed || (op.output ?? null) === null ? undefined : valueText(op.output);
    },
    describeState: (state) => (state.length === 0 ? "empty" : names(state)),
  });
}

function without(state: Bag, key: string): Bag {
  return state.toSpliced(state.indexOf(key), 1);
}

function describe(state: Bag): string {
  return state.length === 0 ? "it is empty" : `it holds ${names(state)}`;
}

function names(state: Bag): string {
  return `[${state.join(",")}]`;
}
