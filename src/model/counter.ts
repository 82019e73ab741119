import { JepsenError } from "../errors.ts";
import { showValue } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, type ModelOp } from "./model.ts";

/** A number that is added to: `add` a whole number, negative ones too; `read`, completed with the sum so far. */
export function counter(initial = 0): Model<number> {
  return builtIn<number>(
    {
      name: "counter",
      description: "a number: add, read",
      fs: ["add", "read"],
      init: () => initial,
      step(state, op) {
        if (op.f === "add") return state + addend(op);
        if (op.crashed || op.output === state) return state;
        return inconsistent(() => `it saw ${showValue(op.output)} while the counter is ${state}`);
      },
      stateKey: (state) => state,
      readOnly: (op) => op.f === "read" || addend(op) === 0,
      describeState: String,
    },
    initial,
  );
}

function addend(op: ModelOp): number {
  const n = op.input;
  if (typeof n === "number" && Number.isSafeInteger(n)) return n;
  throw new JepsenError("usage", `A counter adds whole numbers; this history adds ${showValue(n)}.`);
}
