import { sameValue, showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type ListAction, type Model, type ModelOp } from "./model.ts";

type Items = readonly unknown[];

/** A list that grows at its end: `append` a value; `read`, completed with the whole list, [] and null being the same. */
export function listAppend(): Model<Items> {
  return builtIn<Items>({
    name: "list-append",
    description: "a list: append, read → the whole list",
    fs: ["append", "read"],
    init: () => [],
    step(state, op) {
      if (op.f === "append") return [...state, op.input];
      const seen = op.output ?? [];
      if (op.crashed || sameValue(seen, state)) return state;
      return inconsistent(`it saw ${showValue(seen)} while the list is ${showValue(state)}`);
    },
    stateKey: valueKey,
    readOnly: (op) => op.f === "read",
    describeState: (state) => showValue(state),
    structure: { kind: "list", action },
  });
}

function action(op: ModelOp): ListAction | undefined {
  if (op.f === "append") return { kind: "append", item: op.input };
  const items = op.output ?? [];
  return Array.isArray(items) ? { kind: "read", items } : undefined;
}
