import { z } from "zod";
import { JepsenError } from "../../src/errors.ts";
import type { Session } from "../../src/test.ts";
import { helperScript, runHelper } from "./helper.ts";
import type { ClockReading, NodeClock, Strobe, StrobeOutcome } from "./node-clock.ts";
import type { Shift } from "./shift.ts";
import { shiftArguments, strobeArguments } from "./vdso-clock.ts";

const look = z.object({ deltaNs: z.number(), ratePpm: z.number(), trueNs: z.string() });
type Look = z.infer<typeof look>;

const strobed = look.extend({
  switches: z.number().int(),
  confirmed: z.number().int(),
  tookMs: z.number(),
  error: z.string().optional(),
});

const CLOCK = "the node";
/** How late the clock may be set, and how far the raw clock may wander from the true pace during a run. */
const TOLERANCE_NS = 20_000_000;
/** The kernel's frequency has steps of 2^-16 ppm; anything below a hundredth is none. */
const RATE_PPM_NONE = 0.01;
const STROBE_MARGIN_MS = 15_000;
/** Stopping and starting time services takes its time. */
const SERVICES_TIMEOUT_MS = 120_000;

/** The kernel's clock of a node that has a kernel of its own: every program there sees it, and timers on it fire. */
export class KernelClock implements NodeClock {
  readonly node: string;
  readonly mechanism = "kernel";
  readonly basis = "the node's own clock, read there against its raw monotonic one";
  readonly toleranceNs = TOLERANCE_NS;
  readonly perProcess = false;
  readonly #session: Session;
  /** What the node was before the first shift, as its helper wrote it. */
  readonly #baseline: string;

  constructor(session: Session, baseline: string) {
    this.node = session.node;
    this.#session = session;
    this.#baseline = baseline;
  }

  undoScript(): string {
    return helperScript("kernel-helper", ["reset", ...this.#base()]);
  }

  async read(signal?: AbortSignal): Promise<ClockReading> {
    return reading(await runHelper(this.#session, "kernel-helper", ["read", ...this.#base()], look, { signal }));
  }

  async apply(shift: Shift, signal?: AbortSignal): Promise<ClockReading> {
    const args = ["apply", ...this.#base(), ...shiftArguments(shift)];
    return reading(
      await runHelper(this.#session, "kernel-helper", args, look, { signal, timeoutMs: SERVICES_TIMEOUT_MS }),
    );
  }

  async strobe(strobe: Strobe, signal?: AbortSignal): Promise<StrobeOutcome> {
    const args = ["strobe", ...this.#base(), ...strobeArguments(strobe)];
    const options = { signal, timeoutMs: strobe.durationMs + STROBE_MARGIN_MS };
    const { tookMs, switches, confirmed, error } = await runHelper(
      this.#session,
      "kernel-helper",
      args,
      strobed,
      options,
    );
    return {
      tookMs,
      clocks: [{ name: CLOCK, switches, confirmed, ...(error === undefined ? {} : { problem: error }) }],
    };
  }

  async reset(signal?: AbortSignal): Promise<void> {
    const options = { signal, timeoutMs: SERVICES_TIMEOUT_MS };
    const { deltaNs } = await runHelper(this.#session, "kernel-helper", ["reset", ...this.#base()], look, options);
    if (Math.abs(deltaNs) > TOLERANCE_NS) {
      throw new JepsenError(
        "remote",
        `The clock of ${this.node} is still ${deltaNs / 1e6} ms off after it was set right.`,
        {
          node: this.node,
        },
      );
    }
  }

  #base(): readonly string[] {
    return [`--baseline=${this.#baseline}`];
  }
}

function reading(seen: Look): ClockReading {
  const { trueNs, ...facts } = seen;
  const clean = Math.abs(seen.deltaNs) <= TOLERANCE_NS && Math.abs(seen.ratePpm) < RATE_PPM_NONE;
  return { trueNs, clocks: [{ name: CLOCK, deltaNs: seen.deltaNs, installed: true, clean, facts }] };
}
