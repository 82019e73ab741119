import { JepsenError } from "../errors.ts";
import { showValue, valueKey, valueText } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, type ModelOp, type SetAction } from "./model.ts";

/** Elements by their key. */
type Elements = ReadonlyMap<unknown, unknown>;

/**
 * A set: `add` and `remove` an element, which always succeed; `contains` an element, completed with true or false;
 * `read`, completed with a list of all elements in any order, none twice, [] and null being the same.
 */
export function set(): Model<Elements> {
  return builtIn<Elements>({
    name: "set",
    description: "a set: add, remove, contains → true or false, read → all elements",
    fs: ["add", "remove", "contains", "read"],
    init: () => new Map(),
    step(state, op) {
      switch (op.f) {
        case "add":
          return withElement(state, op.input);
        case "remove":
          return withoutElement(state, op.input);
        case "contains":
          if (op.crashed || state.has(valueKey(op.input)) === isPresent(op)) return state;
          return inconsistent(() => `it said ${showValue(op.output)} while ${describe(state)}`);
        default:
          return op.crashed || sameElements(state, seenElements(op))
            ? state
            : inconsistent(() => `it saw ${showValue(op.output)} while ${describe(state)}`);
      }
    },
    stateKey: (state) => JSON.stringify([...state.values()].map(valueText).sort()),
    readOnly: (op) => op.f === "contains" || op.f === "read",
    partition: (op) => (op.f === "read" ? undefined : valueText(op.input)),
    describeState: (state) => (state.size === 0 ? "empty" : showValue([...state.values()])),
    structure: { kind: "set", action },
  });
}

function withElement(state: Elements, element: unknown): Elements {
  const key = valueKey(element);
  return state.has(key) ? state : new Map(state).set(key, element);
}

function withoutElement(state: Elements, element: unknown): Elements {
  const key = valueKey(element);
  if (!state.has(key)) return state;
  const next = new Map(state);
  next.delete(key);
  return next;
}

function sameElements(state: Elements, seen: readonly unknown[]): boolean {
  if (seen.length !== state.size) return false;
  const keys = new Set(seen.map(valueKey));
  return keys.size === seen.length && [...keys].every((key) => state.has(key));
}

function describe(state: Elements): string {
  return state.size === 0 ? "the set is empty" : `the set is ${showValue([...state.values()])}`;
}

function action(op: ModelOp): SetAction {
  if (op.f === "add" || op.f === "remove") return { kind: op.f, element: op.input };
  if (op.f === "contains") return { kind: isPresent(op) ? "present" : "absent", element: op.input };
  return { kind: "read", elements: seenElements(op) };
}

function isPresent(op: ModelOp): boolean {
  if (typeof op.output === "boolean") return op.output;
  throw new JepsenError(
    "usage",
    `A set answers contains with true or false; this history has ${showValue(op.output)}.`,
  );
}

function seenElements(op: ModelOp): readonly unknown[] {
  const seen = op.output ?? [];
  if (Array.isArray(seen)) return seen;
  throw new JepsenError(
    "usage",
    `A set answers read with a list of its elements; this history has ${showValue(seen)}.`,
  );
}
