/** Ends code that does not end by itself. */

import { runInNewContext } from "node:vm";

/** What `interruptible` answers when the time was up. */
export const INTERRUPTED: unique symbol = Symbol("interrupted");

/**
 * Runs a function, and breaks it off after `timeMs` wherever it is, an endless loop included; then answers INTERRUPTED.
 * What it threw, it throws. Costs about a millisecond.
 */
export function interruptible<T>(run: () => T, timeMs: number): T | typeof INTERRUPTED {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  const guarded = (): void => {
    try {
      outcome = { value: run() };
    } catch (error) {
      outcome = { error };
    }
  };
  try {
    // Only a script of its own can be given a timeout; the function runs as part of it. An interruption passes through
    // `catch`, so that `outcome` is then still undefined.
    runInNewContext("guarded()", { guarded }, { timeout: Math.max(1, Math.ceil(timeMs)) });
  } catch (error) {
    if (outcome === undefined && isTimeout(error)) return INTERRUPTED;
    throw error;
  }
  if (outcome === undefined) return INTERRUPTED;
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

/** The error comes from another context, and so is no instance of this one's Error. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}
