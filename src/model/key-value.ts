import { JepsenError } from "../errors.ts";
import { showValue } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { type GrowthOutlook, inconsistent, type Model, type ModelOp, type TextAction } from "./model.ts";

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
            return inconsistent(() => `it saw ${showValue(text(op.output))} while the value is ${showValue(state)}`);
        }
      },
      stateKey: (state) => state,
      readOnly: (op) => op.f === "get",
      describeState: (state) => showValue(state),
      structure: { kind: "text", initial, action },
      growth: {
        resets: (op) => op.f !== "append",
        leadsTo: (state, get) => text(get.output).startsWith(state),
        outlook,
      },
    },
    initial,
  );
}

/** Whether some get saw a text that begins with a state: by binary search, as such texts come right after it in order. */
function outlook(gets: readonly ModelOp[]): GrowthOutlook<string> {
  const seen = gets.map((get) => text(get.output)).sort();
  const leadsToAny = (state: string): boolean => {
    let low = 0;
    let high = seen.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((seen[middle] as string) < state) low = middle + 1;
      else high = middle;
    }
    return low < seen.length && (seen[low] as string).startsWith(state);
  };
  return { leadsToAny };
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
