import { JepsenError } from "../errors.ts";

/** Seconds, as people write them, in whole nanoseconds, as operations carry them. Throws JepsenError "usage" for what is no time: NaN, or less than 0. */
export function nanoseconds(seconds: number): number {
  if (!(seconds >= 0)) throw new JepsenError("usage", `${seconds} seconds are no time: it must be a number from 0 up.`);
  return Math.round(seconds * 1e9);
}
