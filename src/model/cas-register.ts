/**
 * A register with compare-and-set. How a `cas` is written in a history:
 * - invocation: `[from, to]`
 * - `ok` with `[from, to]`, or nothing: the value was `from` and is now `to`
 * - `ok` with `{ cas: [from, to], swapped: false }`: the comparison was false, an observation like a read
 * - `fail`: it did not happen, and nothing was learned
 * - `info`: perhaps it compared and swapped, perhaps it compared and did not, perhaps it never arrived
 * Clients and readers make the completion's value with `casOk`.
 */

import { JepsenError } from "../errors.ts";
import { sameValue, showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, type ModelOp, type RegisterAction, type Step } from "./model.ts";
import { readStep, writtenValue } from "./register.ts";

/** The value of an `ok` cas: the pair itself if it swapped, else the pair marked as not swapped. */
export type CasOk<T> = readonly [from: T, to: T] | { readonly cas: readonly [from: T, to: T]; readonly swapped: false };

/** What a client answers for a compare-and-set that the database decided. */
export function casOk<T>(from: T, to: T, swapped: boolean): CasOk<T> {
  return swapped ? [from, to] : { cas: [from, to], swapped: false };
}

/** Whether an `ok` cas swapped. Throws JepsenError "usage" for an answer that does not say so in one of the known ways. */
export function casSwapped(output: unknown): boolean {
  const answer = output ?? null;
  if (answer === null || (Array.isArray(answer) && answer.length === 2)) return true;
  if (typeof answer === "object" && "swapped" in answer && typeof answer.swapped === "boolean") return answer.swapped;
  throw new JepsenError(
    "usage",
    `A cas that is ok answers a pair or nothing when it swapped, and { cas: [from, to], swapped: false } when its comparison was false; this history has ${showValue(output)}.`,
  );
}

/** One value: read, write, and compare-and-set. `initial`: the value before the first write. */
export function casRegister(initial: unknown = null): Model<unknown> {
  return builtIn<unknown>(
    {
      name: "cas-register",
      description: "one value: read, write, cas [from, to]",
      fs: ["read", "write", "cas"],
      init: () => initial,
      step(state, op) {
        if (op.f === "write") return writtenValue(op);
        return op.f === "cas" ? casStep(state, op) : readStep(state, op);
      },
      stateKey: valueKey,
      readOnly: (op) => op.f === "read" || (op.f === "cas" && !op.crashed && !casSwapped(op.output)),
      describeState: showValue,
      structure: { kind: "register", initial, action },
    },
    initial,
  );
}

/** The state after a cas: see the head of this file. */
function casStep(state: unknown, op: ModelOp): Step<unknown> {
  const [from, to] = casInput(op);
  const matches = sameValue(state, from);
  if (op.crashed) return matches ? to : state;
  if (casSwapped(op.output)) {
    return matches ? to : inconsistent(() => `it swapped ${showValue(from)} while the value is ${showValue(state)}`);
  }
  return matches
    ? inconsistent(() => `its comparison with ${showValue(from)} was false while the value is just that`)
    : state;
}

function casInput(op: ModelOp): readonly [from: unknown, to: unknown] {
  if (!Array.isArray(op.input) || op.input.length !== 2) {
    throw new JepsenError("usage", `A cas takes [from, to]; this history has a cas of ${showValue(op.input)}.`);
  }
  return [op.input[0] ?? null, op.input[1] ?? null];
}

function action(op: ModelOp): RegisterAction | undefined {
  if (op.f === "write") return { kind: "write", value: writtenValue(op) };
  if (op.f === "read") return { kind: "read", value: op.output ?? null };
  if (!op.crashed && !casSwapped(op.output)) return undefined;
  const [from, to] = casInput(op);
  return { kind: "swap", from, value: to };
}
