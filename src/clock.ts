/**
 * The one module that reads the machine's clocks. Everything measured uses the monotonic clock; the wall clock only
 * names directories and dates reports.
 */

/** Nanoseconds on the monotonic clock, as a number: exact to the nanosecond for 104 days after boot, then to two. */
export function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}

/** Milliseconds on the monotonic clock. */
export function monotonicMs(): number {
  return performance.now();
}

/** The wall clock, for names and dates only. */
export function wallClock(): Date {
  return new Date();
}

/** The longest time that a budget may have, some 12 days: Node's timers take a longer one for none at all. */
export const TIME_MAX_MS = 2 ** 30;

/** Resolves after `ms` milliseconds, or rejects with the signal's reason as soon as it aborts. Never keeps a timer behind. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
