import { JepsenError } from "../errors.ts";
import { sameValue, showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { casSwapped } from "./cas-register.ts";
import { inconsistent, type Model, type ModelOp, type Step, type VersionedAction } from "./model.ts";

/** `exact`: the version is `version`; otherwise it is at least that, made by an operation that crashed. */
interface Versioned {
  readonly version: number;
  readonly exact: boolean;
  readonly value: unknown;
}

/**
 * A register whose every change makes a greater version, a whole number (etcd's mod_revision): values are `[version, value]`, version 0
 * and null before the first write. `read` is completed with the pair that was seen; `write` is invoked with
 * `[null, value]` and completed with `[version, value]`; `cas` is invoked with `[null, [from, to]]` and completed with
 * `[version, [from, to]]`, or with `{ swapped: false, … }` when its comparison was false.
 */
export function versionedRegister(): Model<Versioned> {
  return builtIn<Versioned>({
    name: "versioned-register",
    description: "one value with growing versions: read, write, cas; values [version, value]",
    fs: ["read", "write", "cas"],
    init: () => ({ version: 0, exact: true, value: null }),
    step(state, op) {
      if (op.f === "read") return readStep(state, op);
      const [, argument] = pairOf(op.input);
      if (op.f === "write") return change(state, op, argument);
      const [from, to] = pairOf(argument);
      const matches = sameValue(state.value, from);
      if (op.crashed) return matches ? change(state, op, to) : state;
      if (!casSwapped(op.output)) {
        return matches
          ? inconsistent(() => `its comparison with ${showValue(from)} was false while the value is just that`)
          : state;
      }
      return matches
        ? change(state, op, to)
        : inconsistent(() => `it swapped ${showValue(from)} while ${describe(state)}`);
    },
    stateKey: (state) => `${state.version} ${state.exact} ${typeof state.value} ${String(valueKey(state.value))}`,
    // A read tells the version that a crashed write made: it narrows the state, and so is not free to move.
    readOnly: (op) => (op.f === "read" && op.crashed) || (op.f === "cas" && !op.crashed && !casSwapped(op.output)),
    describeState: stateText,
    describeOp,
    structure: { kind: "versions", action },
  });
}

function readStep(state: Versioned, op: ModelOp): Step<Versioned> {
  if (op.crashed) return state;
  const [version, value] = versionAndValue(op);
  const possible = state.exact ? version === state.version : version >= state.version;
  if (!possible || !sameValue(value, state.value)) {
    return inconsistent(() => `it saw ${showValue(value)} at version ${version} while ${describe(state)}`);
  }
  return state.exact ? state : { version, exact: true, value };
}

function change(state: Versioned, op: ModelOp, value: unknown): Step<Versioned> {
  if (op.crashed) return { version: state.version + 1, exact: false, value };
  const [version] = versionAndValue(op);
  if (version > state.version) return { version, exact: true, value };
  return inconsistent(() => `it made version ${version} while ${describe(state)}`);
}

function describe(state: Versioned): string {
  return `the value is ${stateText(state)}`;
}

function stateText(state: Versioned): string {
  return `${showValue(state.value)} at version ${state.version}${state.exact ? "" : " or later"}`;
}

/** What a completion carries. A read that saw nothing saw version 0; a change always makes a version. */
function versionAndValue(op: ModelOp): readonly [version: number, value: unknown] {
  const answer: unknown = op.output ?? (op.f === "read" ? [0, null] : undefined);
  if (Array.isArray(answer) && answer.length === 2) {
    const [version, value]: readonly unknown[] = answer;
    if (typeof version === "number" && Number.isFinite(version)) return [version, value ?? null];
  }
  throw new JepsenError(
    "usage",
    `A versioned register answers each ${op.f} with [version, value]; this history has ${showValue(op.output)}.`,
  );
}

function pairOf(value: unknown): readonly [unknown, unknown] {
  if (Array.isArray(value) && value.length === 2) return [value[0] ?? null, value[1] ?? null];
  throw new JepsenError("usage", `A versioned register's values are pairs; this history has ${showValue(value)}.`);
}

/** `read → 1 at version 3`, `write 2, making version 4`, `cas [1,2] was false`. */
function describeOp(op: ModelOp): string {
  if (op.f === "read") {
    if (op.crashed) return "read, outcome unknown";
    const [version, value] = versionAndValue(op);
    return `read → ${showValue(value)} at version ${version}`;
  }
  const asked = `${op.f} ${showValue(pairOf(op.input)[1])}`;
  if (op.crashed) return `${asked}, outcome unknown`;
  if (op.f === "cas" && !casSwapped(op.output)) return `${asked} was false`;
  return `${asked}, making version ${versionAndValue(op)[0]}`;
}

function action(op: ModelOp): VersionedAction | undefined {
  if (op.f === "read") {
    const [version, value] = versionAndValue(op);
    return { kind: "read", version, value };
  }
  if (op.f === "cas" && !op.crashed && !casSwapped(op.output)) return undefined;
  const [, argument] = pairOf(op.input);
  const version = op.crashed ? undefined : versionAndValue(op)[0];
  if (op.f === "write") return { kind: "write", version, value: argument };
  const [from, to] = pairOf(argument);
  return { kind: "swap", version, value: to, from };
}
