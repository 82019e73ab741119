/** A brute-force oracle: tries every order. Shares no code with the engine, nor with the models. */

import type { Ask, Spec, State } from "./specs.ts";

/** An operation of a small history. Times are positions; `end` is infinite when it crashed. */
export interface SmallOp {
  readonly ask: Ask;
  readonly process: number;
  readonly begin: number;
  readonly end: number;
  /** What was answered; of no meaning when it crashed. */
  readonly output: unknown;
  /** True when it may never have happened, or at any time after its beginning; but if it did, it answered that. */
  readonly optional?: boolean;
}

/** Whether some order of the operations is allowed. At most 30 operations. */
export function isLinearizable(spec: Spec, ops: readonly SmallOp[]): boolean {
  const seen = new Set<string>();
  const endOf = (op: SmallOp) => (op.optional === true ? Number.POSITIVE_INFINITY : op.end);
  const complete = ops.reduce((mask, op, i) => (endOf(op) === Number.POSITIVE_INFINITY ? mask : mask | (1 << i)), 0);
  const search = (done: number, state: State): boolean => {
    if ((done & complete) === complete) return true;
    const key = `${done} ${JSON.stringify(state)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const firstEnd = ops.reduce(
      (min, op, i) => ((done >> i) & 1 ? min : Math.min(min, endOf(op))),
      Number.POSITIVE_INFINITY,
    );
    return ops.some((op, i) => {
      if ((done >> i) & 1 || op.begin > firstEnd) return false;
      return spec
        .outcomes(state, op.ask, op.process)
        .some(
          (outcome) =>
            (op.end === Number.POSITIVE_INFINITY || JSON.stringify(outcome.output) === JSON.stringify(op.output)) &&
            search(done | (1 << i), outcome.state),
        );
    });
  };
  return search(0, spec.init);
}
