/**
 * How far a clock is from the truth, as a function of the true time: `offset + rate * (now - t0)`. The same numbers
 * given to a process that was restarted continue the same wrong clock.
 */
export interface Shift {
  readonly offsetNs: number;
  /** Parts per million: 50 000 makes a clock gain 5 %. */
  readonly ratePpm: number;
  /** The true time from which the rate counts, in nanoseconds since the epoch; too large for a number, hence a string. */
  readonly t0Ns: string;
}

/** The true clock. */
export const NO_SHIFT: Shift = { offsetNs: 0, ratePpm: 0, t0Ns: "0" };

/** The largest shift and rate that are applied: a hundred days, and nine per cent. */
export const OFFSET_MS_MAX = 100 * 86_400_000;
export const RATE_PPM_MAX = 90_000;

/** The shift in nanoseconds at a true time. */
export function deltaNsAt(shift: Shift, trueNs: string): number {
  const elapsedNs = Number(BigInt(trueNs) - BigInt(shift.t0Ns));
  return shift.offsetNs + (shift.ratePpm === 0 ? 0 : (elapsedNs * shift.ratePpm) / 1e6);
}

/** The shift after a jump by so many milliseconds; a rate goes on. */
export function bumped(shift: Shift, byMs: number): Shift {
  return { ...shift, offsetNs: shift.offsetNs + Math.round(byMs * 1e6) };
}

/** The shift that goes on from where it is at `trueNs`, at another rate. */
export function drifting(shift: Shift, ratePpm: number, trueNs: string): Shift {
  return { offsetNs: Math.round(deltaNsAt(shift, trueNs)), ratePpm, t0Ns: trueNs };
}
