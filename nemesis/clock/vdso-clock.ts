import { z } from "zod";
import { JepsenError } from "../../src/errors.ts";
import type { DbProcess, Session } from "../../src/test.ts";
import { helperScript, runHelper } from "./helper.ts";
import type { ClockReading, ClockState, NodeClock, Strobe, StrobeOutcome } from "./node-clock.ts";
import type { Shift } from "./shift.ts";

const processLook = z.object({
  pid: z.number().int(),
  jumps: z.array(z.string()).default([]),
  jumpsExpected: z.number().int().default(0),
  payload: z.boolean().default(false),
  foreign: z.boolean().default(false),
  offsetNs: z.number().default(0),
  ratePpm: z.number().default(0),
  t0Ns: z.string().default("0"),
  deltaNs: z.number().default(0),
  stoppedMs: z.number().optional(),
  error: z.string().optional(),
  gone: z.boolean().default(false),
  paused: z.boolean().default(false),
});
type ProcessLook = z.infer<typeof processLook>;

const looks = z.object({ realtimeNs: z.string(), processes: z.array(processLook) });
const strobes = z.object({
  tookMs: z.number(),
  processes: z.array(processLook.extend({ switches: z.number().int(), confirmed: z.number().int() })),
});
const verified = z.object({ verified: z.array(z.string()) });

/** Time beyond a strobe's duration for starting the helper and stopping the process once. */
const STROBE_MARGIN_MS = 15_000;

/**
 * The clock of the database's processes alone, by their vDSO: for nodes that share a kernel. It reaches clock_gettime,
 * gettimeofday and time; not raw system calls, not the kernel's timers.
 */
export class VdsoClock implements NodeClock {
  readonly node: string;
  readonly mechanism = "vdso";
  readonly basis = "the bytes read back from its processes";
  readonly toleranceNs = 100_000;
  readonly perProcess = true;
  readonly #session: Session;
  readonly #processes: () => Promise<readonly DbProcess[]>;

  constructor(session: Session, processes: () => Promise<readonly DbProcess[]>) {
    this.node = session.node;
    this.#session = session;
    this.#processes = processes;
  }

  /**
   * Tries the method on a process of its own on the node, there and back. Rejects with JepsenError "environment" and
   * one sentence when it does not work there. Returns the functions and clocks that were shifted.
   */
  async verify(signal?: AbortSignal): Promise<readonly string[]> {
    return (await runHelper(this.#session, "vdso-helper", ["verify"], verified, { signal })).verified;
  }

  undoScript(): string {
    return helperScript("vdso-helper", ["reset", "--all"]);
  }

  async read(signal?: AbortSignal): Promise<ClockReading> {
    return this.#each(["read"], signal);
  }

  async apply(shift: Shift, signal?: AbortSignal): Promise<ClockReading> {
    return this.#each(["apply", ...shiftArguments(shift)], signal);
  }

  async strobe(strobe: Strobe, signal?: AbortSignal): Promise<StrobeOutcome> {
    const processes = await this.#processes();
    const args = ["strobe", ...pidArguments(processes), ...strobeArguments(strobe)];
    const options = { signal, timeoutMs: strobe.durationMs + STROBE_MARGIN_MS };
    const answer = await runHelper(this.#session, "vdso-helper", args, strobes, options);
    return {
      tookMs: answer.tookMs,
      clocks: answer.processes.map((look) => ({
        name: nameOf(look.pid, processes),
        switches: look.switches,
        confirmed: look.confirmed,
        ...(look.gone ? { gone: true } : {}),
        ...(look.error === undefined || look.gone ? {} : { problem: look.error }),
      })),
    };
  }

  /** Not by pids: children that a shifted process has forked are shifted as well. */
  async reset(signal?: AbortSignal): Promise<void> {
    const { processes } = await runHelper(this.#session, "vdso-helper", ["reset", "--all"], looks, { signal });
    const problems = processes.filter((look) => look.error !== undefined && !look.gone);
    if (problems.length > 0) {
      const sentence = `The clock fault on ${this.node} could not be undone: ${problems.map((look) => look.error).join(" ")}`;
      throw new JepsenError("remote", sentence, { node: this.node, problems });
    }
  }

  async #each(args: readonly string[], signal: AbortSignal | undefined): Promise<ClockReading> {
    const processes = await this.#processes();
    const full = [...args, ...pidArguments(processes)];
    const answer = await runHelper(this.#session, "vdso-helper", full, looks, { signal });
    // A process that has ended since it was listed is one of those that do not run.
    const alive = answer.processes.filter((look) => !look.gone);
    return { trueNs: answer.realtimeNs, clocks: alive.map((look) => stateOf(look, processes)) };
  }
}

/** A shift as the helpers' arguments. */
export function shiftArguments(shift: Shift): readonly string[] {
  // One word each: a negative number after a blank would be taken for an option.
  return [`--offset-ns=${shift.offsetNs}`, `--rate-ppm=${shift.ratePpm}`, `--t0-ns=${shift.t0Ns}`];
}

/** A strobe as the helpers' arguments. */
export function strobeArguments(strobe: Strobe): readonly string[] {
  const deltaNs = Math.round(strobe.deltaMs * 1e6);
  return [`--delta-ns=${deltaNs}`, `--period-ms=${strobe.periodMs}`, `--duration-ms=${strobe.durationMs}`];
}

function pidArguments(processes: readonly DbProcess[]): readonly string[] {
  return processes.map(({ pid }) => `--pid=${pid}`);
}

function nameOf(pid: number, processes: readonly DbProcess[]): string {
  const role = processes.find((process) => process.pid === pid)?.role;
  return role === undefined ? `process ${pid}` : `${role} (process ${pid})`;
}

function stateOf(look: ProcessLook, processes: readonly DbProcess[]): ClockState {
  const { error, gone: _gone, ...facts } = look;
  return {
    name: nameOf(look.pid, processes),
    deltaNs: look.deltaNs,
    installed:
      error === undefined && look.jumpsExpected > 0 && look.jumps.length === look.jumpsExpected && look.payload,
    clean: error === undefined && look.jumps.length === 0 && !look.foreign,
    paused: look.paused,
    ...(error === undefined ? {} : { problem: error }),
    facts,
  };
}
