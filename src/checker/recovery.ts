import { isClientOp, type Key } from "../history/op.ts";
import { type Operation, operations } from "../history/pairs.ts";
import type { Checker, History, Result } from "../test.ts";
import { countOf, nameElements } from "./elements.ts";

/** What `recovery` answers. */
export interface RecoveryResult extends Result {
  /** Client operations that were begun after the last operation of a fault had ended, and those of them that succeeded. */
  readonly count: number;
  readonly okCount: number;
  /** Keys of such operations of which not one succeeded: what was kept of them is not known. */
  readonly unreachedKeys: readonly Key[];
}

/**
 * Whether the system answered again after the faults had been undone. "unknown" when not one of the operations from then
 * on succeeded, for then nobody saw what it had kept. Never false: no model promises when a system recovers.
 */
export function recovery(): Checker {
  return {
    async check(_test, history): Promise<RecoveryResult> {
      const all = afterFaults(history);
      const isOk = new Map<Key, boolean>();
      let okCount = 0;
      for (const { invoke, completion } of all) {
        const ok = completion?.type === "ok";
        if (ok) okCount++;
        if (invoke.key !== undefined) isOk.set(invoke.key, ok || isOk.get(invoke.key) === true);
      }
      const unreachedKeys = [...isOk].filter(([, ok]) => !ok).map(([key]) => key);
      return {
        valid: all.length > 0 && okCount === 0 ? "unknown" : true,
        summary: sentence(all.length, okCount, unreachedKeys),
        count: all.length,
        okCount,
        unreachedKeys,
      };
    },
  };
}

/** Those begun after the last operation of a fault; none without a fault, as there is nothing to recover from. */
function afterFaults(history: History): readonly Operation[] {
  const last = history.findLast((op) => !isClientOp(op) && op.type !== "invoke");
  if (last === undefined) return [];
  return operations(history.filter(isClientOp)).filter(({ invoke }) => invoke.index > last.index);
}

function sentence(count: number, okCount: number, unreachedKeys: readonly Key[]): string {
  if (count === 0) return "Nothing was asked after the faults.";
  const asked = `of the ${countOf(count, "operation")} after the faults`;
  if (okCount === 0) return `Not one ${asked} succeeded: whether the system recovered, and what it kept, is not known.`;
  const left =
    unreachedKeys.length > 0
      ? ` ${countOf(unreachedKeys.length, "key")} of these did not answer: ${nameElements(unreachedKeys)}.`
      : "";
  return `${okCount} ${asked} succeeded.${left}`;
}
