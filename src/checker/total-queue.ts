import { isClientOp, type Op } from "../history/op.ts";
import { type Operation, operations } from "../history/pairs.ts";
import { queuedValue } from "../model/queued-value.ts";
import type { Checker, Result, Verdict } from "../test.ts";
import { countOf, describeElements, Multiset, nameElements } from "./elements.ts";
import { isEmptyAnswer } from "./queue.ts";

/** What the total-queue checker answers. Lists of elements are text like `0..2 5`. */
export interface TotalQueueResult extends Result {
  /** Enqueues that were begun, and those that were acknowledged. */
  readonly attemptCount: number;
  readonly acknowledgedCount: number;
  /** Dequeued elements that somebody tried to enqueue, each as often as it was tried at most. */
  readonly okCount: number;
  /** Dequeued although nobody had tried to enqueue them, or every attempt had failed. */
  readonly unexpectedCount: number;
  readonly unexpected: string;
  /** Dequeued more often than enqueued. */
  readonly duplicatedCount: number;
  readonly duplicated: string;
  /** Acknowledged, never dequeued, and not there when the queue was seen to be empty afterwards. */
  readonly lostCount: number;
  readonly lost: string;
  /** Dequeued although their enqueue had an unknown outcome. */
  readonly recoveredCount: number;
  readonly recovered: string;
  /** Acknowledged and never dequeued, but the queue was not seen to be empty after that. */
  readonly remainingCount: number;
  /** Dequeues with an unknown outcome, and whether a drain had one: they may have taken elements that seem lost. */
  readonly indeterminateDequeueCount: number;
  readonly indeterminateDrain: boolean;
}

/**
 * What goes in must come out: `enqueue` (value: the element, not null), `dequeue` (its completion's value: the element)
 * and `drain` (its completion's value: an array of elements, and the queue is empty then). Lost and unexpected elements
 * are false; duplicates are allowed and counted. A queue is seen to be empty by an `ok` drain, or a dequeue that is `ok`
 * without a value or `fail` with the code "empty". "unknown": elements that may still be in the queue, or that dequeues
 * with an unknown outcome may have taken.
 */
export function totalQueueChecker(): Checker {
  return {
    async check(_test, history): Promise<TotalQueueResult> {
      const all = operations(history.filter(isClientOp));
      const attempts = new Multiset();
      const acknowledged = new Multiset();
      const dequeued = new Multiset();
      let attemptCount = 0;
      let acknowledgedCount = 0;
      let indeterminateDequeueCount = 0;
      let indeterminateDrain = false;
      let emptyIndex = -1;
      for (const { invoke, completion } of all) {
        if (invoke.f === "enqueue") {
          attemptCount++;
          if (completion?.type !== "fail") attempts.add(queuedValue(invoke.f, invoke.value));
          if (completion?.type !== "ok") continue;
          acknowledgedCount++;
          acknowledged.add(invoke.value);
        } else if (invoke.f === "dequeue" || invoke.f === "drain") {
          for (const element of takenBy(invoke.f, completion)) dequeued.add(element);
          if (seesEmpty(invoke.f, completion)) emptyIndex = Math.max(emptyIndex, invoke.index);
          if (completion?.type === "ok" || completion?.type === "fail") continue;
          if (invoke.f === "drain") indeterminateDrain = true;
          else indeterminateDequeueCount++;
        }
      }
      const came = compare(attempts, acknowledged, dequeued);
      const gone = missing(all, dequeued, emptyIndex);
      const perhapsTaken = indeterminateDrain || gone.lost.length <= indeterminateDequeueCount;
      const wrong = came.unexpected.length > 0 || (gone.lost.length > 0 && !perhapsTaken);
      const unsure = gone.lost.length > 0 || gone.remaining > 0 || (acknowledgedCount === 0 && dequeued.size === 0);
      const valid: Verdict = wrong ? false : unsure ? "unknown" : true;
      return {
        valid,
        summary: sentence(valid, came, gone, came.okCount),
        attemptCount,
        acknowledgedCount,
        okCount: came.okCount,
        unexpectedCount: came.unexpected.length,
        unexpected: describeElements(came.unexpected),
        duplicatedCount: came.duplicated.length,
        duplicated: describeElements(came.duplicated),
        lostCount: gone.lost.length,
        lost: describeElements(gone.lost),
        recoveredCount: came.recovered.length,
        recovered: describeElements(came.recovered),
        remainingCount: gone.remaining,
        indeterminateDequeueCount,
        indeterminateDrain,
      };
    },
  };
}

function takenBy(f: string, completion: Op | undefined): readonly unknown[] {
  if (completion?.type !== "ok" || completion.value === null || completion.value === undefined) return [];
  if (f === "dequeue") return [completion.value];
  if (Array.isArray(completion.value)) return completion.value;
  throw new TypeError(`The drain of operation ${completion.index} is no array of elements.`);
}

function seesEmpty(f: string, completion: Op | undefined): boolean {
  if (completion === undefined) return false;
  return f === "drain" ? completion.type === "ok" : isEmptyAnswer(completion);
}

interface Came {
  readonly okCount: number;
  readonly unexpected: readonly unknown[];
  readonly duplicated: readonly unknown[];
  readonly recovered: readonly unknown[];
}

/** Each element that came out against those that went in. */
function compare(attempts: Multiset, acknowledged: Multiset, dequeued: Multiset): Came {
  let okCount = 0;
  const unexpected: unknown[] = [];
  const duplicated: unknown[] = [];
  const recovered: unknown[] = [];
  for (const [element, count] of dequeued) {
    const tried = attempts.count(element);
    if (tried === 0) {
      push(unexpected, element, count);
      continue;
    }
    const ok = Math.min(count, tried);
    okCount += ok;
    push(duplicated, element, count - ok);
    push(recovered, element, Math.max(0, ok - acknowledged.count(element)));
  }
  return { okCount, unexpected, duplicated, recovered };
}

function push(list: unknown[], element: unknown, times: number): void {
  for (let i = 0; i < times; i++) list.push(element);
}

interface Gone {
  readonly lost: readonly unknown[];
  readonly remaining: number;
}

/** Acknowledged elements that did not come out: lost if the queue was seen to be empty after their acknowledgement. */
function missing(all: readonly Operation[], dequeued: Multiset, emptyIndex: number): Gone {
  const out = new Multiset();
  for (const [element, count] of dequeued) for (let i = 0; i < count; i++) out.add(element);
  const lost: unknown[] = [];
  let remaining = 0;
  const acknowledged = all
    .filter(({ invoke, completion }) => invoke.f === "enqueue" && completion?.type === "ok")
    .sort((a, b) => (a.completion as Op).index - (b.completion as Op).index);
  for (const { invoke, completion } of acknowledged) {
    if (out.remove(invoke.value)) continue;
    if ((completion as Op).index < emptyIndex) lost.push(invoke.value);
    else remaining++;
  }
  return { lost, remaining };
}

function sentence(valid: Verdict, came: Came, gone: Gone, okCount: number): string {
  const parts: string[] = [];
  if (gone.lost.length > 0) {
    const doubt = valid === false ? "" : " (or taken by dequeues with an unknown outcome)";
    parts.push(`${countOf(gone.lost.length, "acknowledged element")} lost${doubt}: ${nameElements(gone.lost)}.`);
  }
  if (came.unexpected.length > 0) {
    parts.push(`${countOf(came.unexpected.length, "element")} that nobody enqueued: ${nameElements(came.unexpected)}.`);
  }
  if (gone.remaining > 0) {
    parts.push(
      `${countOf(gone.remaining, "element")} may still be in the queue: it was not seen to be empty afterwards.`,
    );
  }
  if (parts.length > 0) return parts.join(" ");
  return valid === true
    ? `${countOf(okCount, "element")} came out, and none is missing.`
    : "Nothing was enqueued or dequeued.";
}
