/** Seconds, as people write them, in whole nanoseconds, as operations carry them. */
export function nanoseconds(seconds: number): number {
  return Math.round(seconds * 1e9);
}
