import { showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, type ModelOp } from "./model.ts";

/** Who holds the lock, and how many times; no holder when the lock is free. */
interface Held {
  readonly owner: unknown;
  readonly count: number;
}

const FREE: Held = { owner: undefined, count: 0 };

/**
 * A lock with an owner: only who acquired it may release it. The owner is the invocation's value, or the process where
 * that is null.
 */
export function ownerMutex(): Model<Held> {
  return builtIn({ ...reentrant(1), name: "owner-mutex", description: "a lock with an owner: acquire, release" });
}

/** A lock that its owner may acquire up to `holdsMax` times before releasing it as often. Owners as in `ownerMutex`. */
export function reentrantMutex(holdsMax = Number.POSITIVE_INFINITY): Model<Held> {
  return builtIn(reentrant(holdsMax), holdsMax);
}

function reentrant(holdsMax: number): Model<Held> {
  return {
    name: "reentrant-mutex",
    description: "a lock that its owner may acquire again: acquire, release",
    fs: ["acquire", "release"],
    ownerAware: true,
    init: () => FREE,
    step(held, op) {
      const owner = ownerOf(op);
      const mine = held.count > 0 && held.owner === valueKey(owner);
      if (op.f === "acquire") {
        if (held.count === 0) return { owner: valueKey(owner), count: 1 };
        if (mine && held.count < holdsMax) return { owner: held.owner, count: held.count + 1 };
        if (op.crashed) return held;
        return inconsistent(() => (mine ? `${showValue(owner)} already holds the lock` : `${describeHeld(held)}`));
      }
      if (mine) return held.count === 1 ? FREE : { owner: held.owner, count: held.count - 1 };
      if (op.crashed) return held;
      return inconsistent(() =>
        held.count === 0 ? "the lock is free" : `${describeHeld(held)}, not by ${showValue(owner)}`,
      );
    },
    stateKey: (held) => (held.count === 0 ? "free" : `${held.count} ${typeof held.owner} ${String(held.owner)}`),
    readOnly: () => false,
    describeState: describeHeld,
  };
}

/** Who acts, as lock models see it: the invocation's value, or the process where that is null. */
export function ownerOf(op: ModelOp): unknown {
  return op.input ?? op.process;
}

function describeHeld(held: Held): string {
  if (held.count === 0) return "free";
  return `held by ${showValue(held.owner)}${held.count > 1 ? `, ${held.count} times` : ""}`;
}
