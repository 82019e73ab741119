import { sameValue, showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, type ModelOp, type RegisterAction } from "./model.ts";

/**
 * One value that is read and written. `read`: invoked with null, completed with what was seen. `write`: the new value.
 * `initial`: the value before the first write.
 */
export function register(initial: unknown = null): Model<unknown> {
  return builtIn<unknown>(
    {
      name: "register",
      description: "one value: read, write",
      fs: ["read", "write"],
      init: () => initial,
      step(state, op) {
        if (op.f === "write") return writtenValue(op);
        return readStep(state, op);
      },
      stateKey: valueKey,
      readOnly: (op) => op.f === "read",
      describeState: showValue,
      structure: { kind: "register", initial, action: registerAction },
    },
    initial,
  );
}

/** The state after a read of one value: unchanged, or inconsistent when the read saw something else. */
export function readStep(state: unknown, op: ModelOp): unknown {
  if (op.crashed) return state;
  const seen = op.output ?? null;
  return sameValue(seen, state)
    ? state
    : inconsistent(() => `it saw ${showValue(seen)} while the value is ${showValue(state)}`);
}

/** What a write leaves; nothing counts as null. */
export function writtenValue(op: ModelOp): unknown {
  return op.input ?? null;
}

function registerAction(op: ModelOp): RegisterAction {
  return op.f === "write" ? { kind: "write", value: writtenValue(op) } : { kind: "read", value: op.output ?? null };
}
