import { isClientOp, type Op } from "../history/op.ts";
import { pairs } from "../history/pairs.ts";
import { plainValue, showValue } from "../history/value.ts";
import { queuedValue } from "../model/queued-value.ts";
import type { Checker, Result } from "../test.ts";
import { countOf, Multiset } from "./elements.ts";

/** A dequeue of something that could not be in the queue. */
export interface QueueError {
  readonly index: number;
  readonly value: unknown;
}

/** What the queue checker answers. */
export interface QueueResult extends Result {
  readonly dequeueCount: number;
  readonly errorCount: number;
  /** The first 100. */
  readonly errors: readonly QueueError[];
  /** Elements that may still be in the queue at the end. */
  readonly remainingCount: number;
}

const ERRORS_MAX = 100;

/**
 * Every `ok` `dequeue` must come from an `enqueue` that had begun by then, has not failed, and was not dequeued already.
 * In whatever order, in one pass; elements that never come out are no error (see `totalQueueChecker`).
 * "unknown" when nothing was dequeued.
 */
export function queueChecker(): Checker {
  return {
    async check(_test, history): Promise<QueueResult> {
      const client = history.filter(isClientOp);
      const partner = pairs(client);
      const queue = new Multiset();
      const errors: QueueError[] = [];
      let errorCount = 0;
      let dequeueCount = 0;
      for (const [position, op] of client.entries()) {
        if (op.f === "enqueue" && op.type === "invoke") {
          if (client[partner[position] as number]?.type !== "fail") queue.add(queuedValue(op.f, op.value));
        } else if (op.f === "dequeue" && op.type === "ok" && !isEmptyAnswer(op)) {
          dequeueCount++;
          if (queue.remove(op.value)) continue;
          errorCount++;
          if (errors.length < ERRORS_MAX) errors.push({ index: op.index, value: plainValue(op.value) });
        }
      }
      return {
        valid: errorCount > 0 ? false : dequeueCount === 0 ? "unknown" : true,
        summary: sentence(errors, errorCount, dequeueCount),
        dequeueCount,
        errorCount,
        errors,
        remainingCount: queue.size,
      };
    },
  };
}

/** Whether a dequeue found the queue empty: `ok` with no value, or `fail` with the code "empty". */
export function isEmptyAnswer(op: Op): boolean {
  if (op.type === "ok") return op.value === null || op.value === undefined;
  return op.type === "fail" && op.error?.code === "empty";
}

function sentence(errors: readonly QueueError[], errorCount: number, dequeueCount: number): string {
  const [first] = errors;
  if (first !== undefined) {
    const more = errorCount > 1 ? ` There are ${errorCount - 1} more like it.` : "";
    return `Operation ${first.index} dequeued ${showValue(first.value)}, which could not be in the queue.${more}`;
  }
  if (dequeueCount === 0) return "Nothing was dequeued, so nothing is known of the queue.";
  return `${countOf(dequeueCount, "dequeue")}, each of something that had been enqueued.`;
}
