import { JepsenError } from "../errors.ts";
import { showValue, valueKey } from "../history/value.ts";
import { builtIn } from "./built-in.ts";
import { inconsistent, type Model, type ModelOp } from "./model.ts";
import { ownerOf } from "./owner-mutex.ts";
import { sumOf, type Whole, wholeOf } from "./whole.ts";

/**
 * `owner` undefined when free. `token`: the least that the last token can have been, undefined while nothing is known of
 * any; later ones are greater.
 */
interface Fenced {
  readonly owner: unknown;
  readonly token: Whole | undefined;
}

/**
 * A lock with an owner that gives a fencing token with each `acquire`, greater than all tokens before: the completion's
 * value is the token, a whole number, from 2^53 on a big integer. Who did not hear its token (crashed) may have been
 * given any that was greater. Owners as in the owner-mutex.
 */
export function fencedMutex(): Model<Fenced> {
  return builtIn<Fenced>({
    name: "fenced-mutex",
    description: "a lock with an owner and growing tokens: acquire → token, release",
    fs: ["acquire", "release"],
    ownerAware: true,
    init: () => ({ owner: undefined, token: undefined }),
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
      if (op.crashed) return { owner, token: state.token === undefined ? undefined : sumOf(state.token, 1) };
      const token = tokenOf(op);
      if (state.token === undefined || token > state.token) return { owner, token };
      return inconsistent(() => `its token ${token} is not above ${state.token}, which was given before`);
    },
    stateKey: (state) => `${state.token} ${typeof state.owner} ${String(state.owner)}`,
    readOnly: () => false,
    describeOp: (op) => {
      if (op.crashed) return `${op.f}, outcome unknown`;
      return op.f === "acquire" ? `acquire → token ${showValue(op.output)}` : op.f;
    },
    describeState: (state) =>
      `${state.owner === undefined ? "free" : `held by ${showValue(state.owner)}`}, last known token ${state.token ?? "none"}`,
  });
}

function tokenOf(op: ModelOp): Whole {
  const token = wholeOf(op.output);
  if (token !== undefined) return token;
  throw new JepsenError(
    "usage",
    `An acquire of a fenced-mutex answers its token, a whole number below 2^53 or a big integer; this history has ${showValue(op.output)}.`,
  );
}
