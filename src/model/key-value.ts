import { JepsenError } from "../errors.ts";
import { showValue } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, type ModelOp, type TextAction } from "./model.ts";

/**
 * One key of a key-value store that holds text: `get`, completed with the text; `put` a text; `append` a text to what is
 * there; `delete`. A key that is absent reads "" or null, which are the same. Histories over several keys carry the key
 * in each operation and are checked key by key.
 */
export function keyValue(initial = ""): Model<string> {
  return builtIn<string>(
    {
      name: "key-value",
      description: "text by key: get, put, append, delete",
      fs: ["get", "put", "append", "delete"],
      init: () => initial,
      step(state, op) {
        switch (op.f) {
          case "put":
            return text(op.input);
          case "append":
            return state + text(op.input);
          case "delete":
            return "";
          default:
            if (op.crashed || text(op.output) === state) return state;
            return inconsistent(`it saw ${showValue(text(op.output))} while the value is ${showValue(state)}`);
        }
      },
      stateKey: (state) => state,
      readOnly: (op) => op.f === "get",
      describeState: (state) => showValue(state),
      structure: { kind: "text", initial, action },
    },
    initial,
  );
}

function action(op: ModelOp): TextAction | undefined {
  if (op.f === "get") return { kind: "read", text: text(op.output) };
  if (op.f === "put" || op.f === "append") return { kind: op.f, text: text(op.input) };
  return undefined;
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  throw new JepsenError("usage", `The key-value model holds text; this history has the value ${showValue(value)}.`);
}
