import { sameValue, showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model } from "./model.ts";
import { queuedValue } from "./queued-value.ts";

type Items = readonly unknown[];

/**
 * A last-in, first-out stack: `push` a value, not null; `pop`, completed with the newest value, or null when the stack
 * was empty. A pop that crashed may have taken the newest value away.
 */
export function stack(): Model<Items> {
  return builtIn<Items>({
    name: "stack",
    description: "a stack, newest first: push, pop → value, or null when empty",
    fs: ["push", "pop"],
    init: () => [],
    step(state, op) {
      if (op.f === "push") return [...state, queuedValue(op.f, op.input)];
      if (op.crashed) return state.slice(0, -1);
      const seen = op.output ?? null;
      if (state.length === 0)
        return seen === null ? state : inconsistent(() => `it took ${showValue(seen)} while the stack is empty`);
      if (seen !== null && sameValue(seen, state.at(-1))) return state.slice(0, -1);
      return inconsistent(() =>
        seen === null
          ? `it found nothing while the stack is ${showValue(state)}`
          : `it took ${showValue(seen)} while the newest value is ${showValue(state.at(-1))}`,
      );
    },
    stateKey: valueKey,
    readOnly: (op) => op.f === "pop" && !op.crashed && (op.output ?? null) === null,
    describeState: (state) => showValue(state),
  });
}
