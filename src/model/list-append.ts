import { sameValue, showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { type GrowthOutlook, inconsistent, type ListAction, type Model, type ModelOp } from "./model.ts";

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
      return inconsistent(() => `it saw ${showValue(seen)} while the list is ${showValue(state)}`);
    },
    stateKey: valueKey,
    readOnly: (op) => op.f === "read",
    describeState: (state) => showValue(state),
    structure: { kind: "list", action },
    growth: { resets: () => false, leadsTo: (state, read) => isBeginning(state, read), outlook },
  });
}

function action(op: ModelOp): ListAction | undefined {
  if (op.f === "append") return { kind: "append", item: op.input };
  const items = op.output ?? [];
  return Array.isArray(items) ? { kind: "read", items } : undefined;
}

function isBeginning(state: Items, read: ModelOp): boolean {
  const seen = read.output ?? [];
  return Array.isArray(seen) && state.every((item, i) => i < seen.length && sameValue(item, seen[i]));
}

/** The items that can follow some beginning of a list, by their keys. */
interface Continuations extends Map<unknown, Continuations> {}

/** Whether some read saw a list that begins with a state. */
function outlook(reads: readonly ModelOp[]): GrowthOutlook<Items> {
  const root: Continuations = new Map();
  for (const read of reads) {
    let at = root;
    for (const item of Array.isArray(read.output) ? read.output : []) {
      const key = valueKey(item);
      let next = at.get(key);
      if (next === undefined) {
        next = new Map();
        at.set(key, next);
      }
      at = next;
    }
  }
  const leadsToAny = (state: Items): boolean => {
    let at: Continuations | undefined = root;
    for (const item of state) {
      at = at.get(valueKey(item));
      if (at === undefined) return false;
    }
    return reads.length > 0;
  };
  return { leadsToAny };
}
