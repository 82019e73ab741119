/** The algebra of verdicts: false over "unknown" over true. */
import { monotonicMs, TIME_MAX_MS } from "../clock.ts";
import { isJepsenError, messageOf } from "../errors.ts";
import type { Budget, CheckContext, Checker, History, Result, Verdict } from "../test.ts";

/** How far over its time a checker may go before it is given up, as a share of its time. */
const GRACE_SHARE = 0.1;

/** The verdict of several verdicts together; true when there is none. */
export function mergeVerdicts(verdicts: Iterable<Verdict>): Verdict {
  let merged: Verdict = true;
  for (const verdict of verdicts) {
    if (verdict === false) return false;
    if (verdict === "unknown") merged = "unknown";
  }
  return merged;
}

/**
 * Runs a checker so that nothing it does can be more than an "unknown": throwing (the result has the `errorCode` then),
 * not answering within its time and a tenth, answering something that is no result. Its signal aborts when its time is over or the caller's aborts.
 * A checker that never gives the event loop back cannot be stopped from within; the process that runs it must be.
 */
export async function checkSafely(
  checker: Checker,
  test: CheckContext,
  history: History,
  asked: Budget,
): Promise<Result> {
  const budget = { ...asked, timeMs: Math.min(asked.timeMs, TIME_MAX_MS) };
  const outer = budget.signal;
  if (outer?.aborted) return unknown("The check was called off before it began.");
  if (budget.timeMs <= 0) return unknown("No time was left to check this.");
  const controller = new AbortController();
  const started = monotonicMs();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const ended = new Promise<Result>((resolve) => {
    const graceMs = budget.timeMs * GRACE_SHARE;
    const end = (reason: string) => resolve(unknown(reason, { elapsedMs: Math.round(monotonicMs() - started) }));
    const timeOver = () => {
      controller.abort();
      timer = setTimeout(() => end(`The checker did not answer within ${Math.round(budget.timeMs)} ms.`), graceMs);
    };
    timer = setTimeout(timeOver, budget.timeMs);
    onAbort = () => {
      controller.abort();
      end("The check was called off before it ended.");
    };
    outer?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    const answer = answerOf(checker, test, history, { ...budget, signal: controller.signal });
    return await Promise.race([answer, ended]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) outer?.removeEventListener("abort", onAbort);
  }
}

/** Never rejects, so that an answer which comes too late harms nobody. */
async function answerOf(checker: Checker, test: CheckContext, history: History, budget: Budget): Promise<Result> {
  try {
    const result: unknown = await checker.check(test, history, budget);
    if (isResult(result)) return result;
    return unknown('The checker\'s answer has no verdict: `valid` must be true, false or "unknown".');
  } catch (error) {
    // What the user can mend is said as it is; anything else is a defect and shows where it happened.
    if (isJepsenError(error)) return unknown(error.message, { errorCode: error.code });
    return unknown(`The checker failed: ${messageOf(error)}`, {
      errorCode: "internal",
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
}

function unknown(summary: string, details: Readonly<Record<string, unknown>> = {}): Result {
  return { valid: "unknown", summary, ...details };
}

function isResult(value: unknown): value is Result {
  if (typeof value !== "object" || value === null) return false;
  const { valid } = value as Partial<Result>;
  return valid === true || valid === false || valid === "unknown";
}
