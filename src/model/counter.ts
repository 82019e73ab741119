import { JepsenError } from "../errors.ts";
import { showValue } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, type ModelOp } from "./model.ts";
import { sumOf, type Whole, wholeOf } from "./whole.ts";

/**
 * A number that is added to: `add` a whole number, negative ones too; `read`, completed with the sum so far. From 2^53 on
 * they are big integers.
 */
export function counter(initial = 0): Model<Whole> {
  return builtIn<Whole>(
    {
      name: "counter",
      description: "a number: add, read",
      fs: ["add", "read"],
      init: () => initial,
      step(state, op) {
        if (op.f === "add") return sumOf(state, addend(op));
        if (op.crashed || seen(op) === state) return state;
        return inconsistent(() => `it saw ${seen(op)} while the counter is ${state}`);
      },
      stateKey: (state) => state,
      readOnly: (op) => op.f === "read" || addend(op) === 0,
      describeState: String,
    },
    initial,
  );
}

function addend(op: ModelOp): Whole {
  const n = wholeOf(op.input);
  if (n !== undefined) return n;
  throw new JepsenError("usage", `A counter adds ${WHOLE}; this history adds ${showValue(op.input)}.`);
}

function seen(op: ModelOp): Whole {
  const n = wholeOf(op.output);
  if (n !== undefined) return n;
  throw new JepsenError("usage", `A counter reads ${WHOLE}; this history has a read of ${showValue(op.output)}.`);
}

const WHOLE = "whole numbers below 2^53, or big integers";
