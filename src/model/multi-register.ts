import { JepsenError } from "../errors.ts";
import type { Key } from "../history/op.ts";
import { sameValue, showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, type ModelOp } from "./model.ts";

/** Values by key, without a prototype, as a key may have any name; keys that nobody wrote are absent. */
type Registers = Readonly<Record<string, unknown>>;

/**
 * Several registers, read and written together. The one operation is `txn`, a list of steps `["r", key, value]` and
 * `["w", key, value]` that take effect at once, in order; `["read", …]` and `["write", …]` are the same. A read's value
 * is null in the invocation, and what was seen in the completion. A key reads null until it is written.
 */
export function multiRegister(): Model<Registers> {
  return builtIn<Registers>({
    name: "multi-register",
    description: 'values by key: txn [["r", key, value], ["w", key, value], …] at once',
    fs: ["txn"],
    init: () => Object.create(null),
    step(state, op) {
      const next: Record<string, unknown> = Object.assign(Object.create(null), state);
      for (const [f, key, value] of microOps(op)) {
        if (f === "w") {
          next[key] = value;
        } else if (!op.crashed && !sameValue(value, next[key] ?? null)) {
          return inconsistent(
            () => `it saw ${showValue(value)} at ${key} where the value is ${showValue(next[key] ?? null)}`,
          );
        }
      }
      return next;
    },
    stateKey: valueKey,
    readOnly: (op) => microOps(op).every(([f]) => f === "r"),
    partition: onlyKey,
    describeState: (state) => showValue(state),
    describeOp,
  });
}

/** `write x 1, read y → 2`. */
function describeOp(op: ModelOp): string {
  const steps = microOps(op).map(([f, key, value]) => {
    if (f === "w") return `write ${key} ${showValue(value)}`;
    return op.crashed ? `read ${key}` : `read ${key} → ${showValue(value)}`;
  });
  return `${steps.join(", ")}${op.crashed ? ", outcome unknown" : ""}`;
}

type MicroOp = readonly [f: "r" | "w", key: string, value: unknown];

function microOps(op: ModelOp): MicroOp[] {
  const steps = op.crashed ? op.input : (op.output ?? op.input);
  if (!Array.isArray(steps)) throw malformed(op);
  return steps.map((step: unknown) => {
    if (!Array.isArray(step)) throw malformed(op);
    const f = step[0] === "read" ? "r" : step[0] === "write" ? "w" : step[0];
    if (f !== "r" && f !== "w") throw malformed(op);
    return [f, String(step[1]), step[2] ?? null];
  });
}

function onlyKey(op: ModelOp): Key | undefined {
  const steps = microOps(op);
  const first = steps[0]?.[1];
  return steps.every(([, key]) => key === first) ? first : undefined;
}

function malformed(op: ModelOp): JepsenError {
  return new JepsenError(
    "usage",
    `A txn of the multi-register is a list of ["r", key, value] and ["w", key, value]; this history has ${showValue(op.output ?? op.input)}.`,
  );
}
