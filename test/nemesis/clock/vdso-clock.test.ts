import { describe, expect, it } from "vitest";
import { VdsoClock } from "../../../nemesis/clock/vdso-clock.ts";
import { FakeSession } from "./fake-session.ts";

const answering = (answer: object, code = 0) => new FakeSession("n1", () => ({ code, stdout: JSON.stringify(answer) }));
const shift = { offsetNs: -5e9, ratePpm: 1.5, t0Ns: "1700000000000000000" };
const strobe = { deltaMs: -4.5, periodMs: 2, durationMs: 1000 };

describe("VdsoClock", () => {
  const processes = async () => [
    { role: "etcd", pid: 11 },
    { role: "proxy", pid: 12 },
  ];
  const looked = (pid: number, more: object = {}) => ({
    pid,
    jumps: ["clock_gettime", "gettimeofday", "time"],
    jumpsExpected: 3,
    payload: true,
    foreign: false,
    offsetNs: -5e9,
    ratePpm: 1.5,
    t0Ns: shift.t0Ns,
    deltaNs: -5e9,
    ...more,
  });
  const clockOf = (...looks: object[]) => {
    const session = answering({ realtimeNs: "1700000001000000000", processes: looks }, 3);
    return { session, clock: new VdsoClock(session, processes) };
  };

  it("gives the shift to every process of the database", async () => {
    const { session, clock } = clockOf(looked(11), looked(12));
    const reading = await clock.apply(shift);
    expect(session.calls[0]?.argv.slice(2)).toEqual([
      "apply",
      "--offset-ns=-5000000000",
      "--rate-ppm=1.5",
      "--t0-ns=1700000000000000000",
      "--pid=11",
      "--pid=12",
    ]);
    expect(reading.trueNs).toBe("1700000001000000000");
    expect(reading.clocks).toMatchObject([
      { name: "etcd (process 11)", installed: true, clean: false, deltaNs: -5e9 },
      { name: "proxy (process 12)", installed: true },
    ]);
  });

  it("is neither installed nor clean when half of it is there", async () => {
    const { clock } = clockOf(looked(11, { jumps: ["time"] }), looked(12, { jumps: [], foreign: true }));
    expect((await clock.read()).clocks).toMatchObject([
      { installed: false, clean: false },
      { installed: false, clean: false },
    ]);
    const { clock: pristine } = clockOf(looked(11, { jumps: [], deltaNs: 0 }));
    expect((await pristine.read()).clocks).toMatchObject([{ installed: false, clean: true }]);
  });

  it("leaves out processes that have ended, and tells what was refused", async () => {
    const gone = { pid: 11, error: "Process 11 has ended.", gone: true };
    const refused = { pid: 12, error: "It cannot be.", gone: false };
    const { clock } = clockOf(gone, refused);
    expect((await clock.read()).clocks).toMatchObject([
      { name: "proxy (process 12)", problem: "It cannot be.", clean: false, installed: false },
    ]);
    await expect(clock.reset()).rejects.toMatchObject({
      code: "remote",
      message: expect.stringMatching(/could not be undone: It cannot be\./),
    });
  });

  it("resets every process that carries the patch, known or not", async () => {
    const { session, clock } = clockOf({ pid: 99, error: "Process 99 has ended.", gone: true });
    await clock.reset();
    expect(session.calls[0]?.argv.slice(2)).toEqual(["reset", "--all"]);
    expect(clock.undoScript()).toMatch(/^python3 - reset --all <</);
  });

  it("gives a strobe time for itself", async () => {
    const session = answering({ tookMs: 1001, processes: [{ pid: 11, switches: 500, confirmed: 499 }] });
    const outcome = await new VdsoClock(session, processes).strobe(strobe);
    expect(outcome).toEqual({ tookMs: 1001, clocks: [{ name: "etcd (process 11)", switches: 500, confirmed: 499 }] });
    expect(session.calls[0]?.argv.slice(2)).toEqual([
      "strobe",
      "--pid=11",
      "--pid=12",
      "--delta-ns=-4500000",
      "--period-ms=2",
      "--duration-ms=1000",
    ]);
    expect(session.calls[0]?.options?.timeoutMs).toBeGreaterThan(1000);
  });
});
