import { sleep } from "../../src/clock.ts";
import { JepsenError, messageOf } from "../../src/errors.ts";
import type { ClockProbe, Db, Test } from "../../src/test.ts";
import type { ControlClock } from "./control-clock.ts";

/** What the database's own clock says, as bounds of its offset from the control process's clock, in milliseconds. */
export interface DatabaseOffset {
  readonly lowMs: number;
  readonly highMs: number;
  readonly resolutionMs: number;
}

const PROBE_TIMEOUT_MS = 2_000;
/** Beyond the bounds that the measurement gives: the database may have read its clock some time before it answered. */
const TOLERANCE_MS = 150;
/** A shift below so many steps of the database's clock is not told from none. */
const STEPS_MIN = 2;
const TRIES = 3;

/** Asks the database for its time once. The answer was made between the question and its arrival, and is rounded down. */
export async function askDatabase(
  test: Test,
  db: Db & ClockProbe,
  node: string,
  control: ControlClock,
  signal?: AbortSignal,
): Promise<DatabaseOffset> {
  const before = control.nowMs();
  const { epochMs, resolutionMs } = await bounded(db.databaseClock(test, node), signal);
  return { lowMs: epochMs - control.nowMs(), highMs: epochMs + resolutionMs - before, resolutionMs };
}

/** Whether an offset lies within what was measured. */
export function agrees(measured: DatabaseOffset, offsetMs: number): boolean {
  return offsetMs >= measured.lowMs - TOLERANCE_MS && offsetMs <= measured.highMs + TOLERANCE_MS;
}

/** Whether the database's clock is fine enough to show a shift. */
export function shows(measured: DatabaseOffset, shiftMs: number): boolean {
  return Math.abs(shiftMs) >= STEPS_MIN * measured.resolutionMs && Math.abs(shiftMs) > TOLERANCE_MS;
}

/**
 * confirms: the clock has the shift and would not look like this without · contradicts: it has not · coarse: its steps
 * are too large to tell · silent: no usable answer, with the reason.
 */
export type DatabaseVerdict =
  | { readonly kind: "confirms" | "contradicts" | "coarse"; readonly measured: DatabaseOffset }
  | { readonly kind: "silent"; readonly reason: string };

/** Asks until the answer decides, a few times at most. `trueMs` is the offset that the node has without any fault. */
export async function judgeByDatabase(
  ask: () => Promise<DatabaseOffset>,
  shiftMs: number,
  trueMs: number,
  signal?: AbortSignal,
): Promise<DatabaseVerdict> {
  let reason = "";
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt > 0) await sleep(100, signal);
    try {
      const measured = await ask();
      if (!agrees(measured, trueMs + shiftMs)) return { kind: "contradicts", measured };
      if (!shows(measured, shiftMs)) return { kind: "coarse", measured };
      if (!agrees(measured, trueMs)) return { kind: "confirms", measured };
      reason = "it answered too slowly to tell";
    } catch (error) {
      signal?.throwIfAborted();
      reason = messageOf(error);
    }
  }
  return { kind: "silent", reason };
}

/** The probe's promise, or a rejection after its time; the probe itself has no way to be told to stop. */
async function bounded<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const done = new AbortController();
  const stop = signal ? AbortSignal.any([done.signal, signal]) : done.signal;
  const late = sleep(PROBE_TIMEOUT_MS, stop).then(() => {
    throw new JepsenError("timeout", `The database did not tell its time within ${PROBE_TIMEOUT_MS / 1000} s.`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort();
  }
}
