import { sleep } from "../clock.ts";

/** Resolves true when the promise has settled, either way, and false if it has not after so long. Never rejects, and leaves no timer behind. */
export async function settledWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController();
  const timeout = sleep(ms, waiting.signal).then(
    () => false,
    () => false, // the promise was quicker, and the sleep was cut short
  );
  const settled = promise.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([settled, timeout]);
  waiting.abort();
  return inTime;
}
