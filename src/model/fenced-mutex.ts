import { showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model } from "./model.ts";
import { ownerOf } from "./owner-mutex.ts";

/** `owner` undefined when free. `token`: the least that the last token can have been; later ones are greater. */
interface Fenced {
  readonly owner: unknown;
  readonly token: number;
}

/**
 * A lock with an owner that gives a fencing token with each `acquire`, greater than all tokens before: the completion's
 * value is the token, a whole number. Who did not hear its token (crashed) may have been given any that was greater.
 * Owners as in the owner-mutex.
 */
export function fencedMutex(): Model<Fenced> {
  return builtIn<Fenced>({
    name: "fenced-mutex",
    description: "a lock with an owner and growing tokens: acquire → token, release",
    fs: ["acquire", "release"],
    ownerAware: true,
    init: () => ({ owner: undefined, token: Number.NEGATIVE_INFINITY }),
    step(state, op) {
      const owner = valueKey(ownerOf(op));
      if (op.f === "release") {
        if (state.owner === owner) return { owner: undefined, token: state.token };
        if (op.crashed) return state;
        return inconsistent(() =>
          state.owner === undefined ? "the lock is free" : `the lock is held by ${showValue(state.owner)}`,
        );
      }
      if (state.owner !== undefined) {
        return op.crashed ? state : inconsistent(() => `the lock is held by ${showValue(state.owner)}`);
      }
      if (op.crashed) return { owner, token: state.token + 1 };
      const token = Number(op.output);
      if (token > state.token) return { owner, token };
      return inconsistent(
        () => `its token ${showValue(op.output)} is not above ${state.token}, which was given before`,
      );
    },
    stateKey: (state) => `${state.token} ${typeof state.owner} ${String(state.owner)}`,
    readOnly: () => false,
    describeOp: (op) => {
      if (op.crashed) return `${op.f}, outcome unknown`;
      return op.f === "acquire" ? `acquire → token ${showValue(op.output)}` : op.f;
    },
    describeState: (state) =>
      `${state.owner === undefined ? "free" : `held by ${showValue(state.owner)}`}, last known token ${Number.isFinite(state.token) ? state.token : "none"}`,
  });
}
