import { bankChecker } from "../checker/bank.ts";
import { counterChecker } from "../checker/counter.ts";
import { independent } from "../checker/independent.ts";
import { linearizable } from "../checker/linearizable/checker.ts";
import { longForkChecker } from "../checker/long-fork.ts";
import { queueChecker } from "../checker/queue.ts";
import { setChecker } from "../checker/set.ts";
import { setFullChecker } from "../checker/set-full.ts";
import { totalQueueChecker } from "../checker/total-queue.ts";
import { uniqueIdsChecker } from "../checker/unique-ids.ts";
import { JepsenError } from "../errors.ts";
import { isClientOp } from "../history/op.ts";
import { models } from "../model/registry.ts";
import type { Checker } from "../test.ts";

/** One thing that a history can be checked against. */
export interface CheckModel {
  readonly name: string;
  readonly description: string;
  /** Whether its results are `LinearizableResult`. */
  readonly linearizable: boolean;
  checker(options: { readonly explain: boolean }): Checker;
}

/** Checkers that are not about linearizability, under the names that Jepsen's users know. */
const others: readonly CheckModel[] = [
  other("counter", "add, read: each read within what the adds allow", counterChecker()),
  other("set", "add, read: the last read holds what was acknowledged", setChecker()),
  other("set-full", "add, read all the time: what is seen stays", setFullChecker()),
  other("set-full-linearizable", "set-full, and no read may be stale", setFullChecker({ linearizable: true })),
  other("queue", "enqueue, dequeue: what comes out went in", queueChecker()),
  other("total-queue", "enqueue, dequeue, drain: what goes in comes out", totalQueueChecker()),
  other("unique-ids", "generate: no id comes twice", uniqueIdsChecker()),
  other("bank", "transfer, read: the total stays, no balance is negative", bankChecker()),
  other("bank-negative", "bank, negative balances allowed", bankChecker({ negativeBalances: true })),
  other("long-fork", "reads of groups of keys see writes in one order", longForkChecker()),
];

/**
 * Everything that `check` knows, in the order in which it is listed. Where a checker has the name of a model, the
 * model goes by `linearizable-NAME`.
 */
export const checkModels: readonly CheckModel[] = [
  ...models.map((model) => {
    const taken = others.some((checker) => checker.name === model.name);
    return {
      name: taken ? `linearizable-${model.name}` : model.name,
      description: model.description,
      linearizable: true,
      checker: ({ explain }: { readonly explain: boolean }) => linearizable({ model, explain }),
    };
  }),
  ...others,
];

/** The model with this name. Throws JepsenError "usage" that lists the names. */
export function checkModelByName(name: string): CheckModel {
  const found = checkModels.find((model) => model.name === name);
  if (found !== undefined) return found;
  const names = checkModels.map((model) => model.name).join(", ");
  throw new JepsenError("usage", `There is no model "${name}"; the models are ${names}.`, { model: name });
}

/** A checker that looks at each key by itself, if the history has keys. */
function other(name: string, description: string, checker: Checker): CheckModel {
  const byKey = independent(checker);
  const either: Checker = {
    check: (test, history, budget) => {
      const hasKeys = history.some((op) => op.key !== undefined && isClientOp(op));
      return (hasKeys ? byKey : checker).check(test, history, budget);
    },
  };
  return { name, description, linearizable: false, checker: () => either };
}
