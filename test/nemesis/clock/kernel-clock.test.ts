import { describe, expect, it } from "vitest";
import { KernelClock } from "../../../nemesis/clock/kernel-clock.ts";
import { FakeSession } from "./fake-session.ts";

const answering = (answer: object) => new FakeSession("n1", () => ({ stdout: JSON.stringify(answer) }));
const shift = { offsetNs: -5e9, ratePpm: 1.5, t0Ns: "1700000000000000000" };
const strobe = { deltaMs: -4.5, periodMs: 2, durationMs: 1000 };

describe("KernelClock", () => {
  const baseline = '{"realtimeNs": "1"}';
  const seen = (deltaNs: number, ratePpm = 0) => ({ deltaNs, ratePpm, trueNs: "1700000001000000000" });

  it("carries the node's baseline in every command and in its undo script", async () => {
    const session = answering(seen(-5e9, 1.5));
    const clock = new KernelClock(session, baseline);
    await clock.apply(shift);
    expect(session.calls[0]?.argv.slice(2, 5)).toEqual(["apply", `--baseline=${baseline}`, "--offset-ns=-5000000000"]);
    expect(clock.undoScript()).toContain(`reset '--baseline=${baseline}'`);
  });

  it("is clean when it is true and has no rate", async () => {
    const clean = async (look: object) => (await new KernelClock(answering(look), baseline).read()).clocks[0]?.clean;
    expect(await clean(seen(1e6))).toBe(true);
    expect(await clean(seen(5e9))).toBe(false);
    expect(await clean(seen(0, 100))).toBe(false);
  });

  it("rejects a reset that did not set it right", async () => {
    await new KernelClock(answering(seen(1e6)), baseline).reset();
    await expect(new KernelClock(answering(seen(5e9)), baseline).reset()).rejects.toMatchObject({
      code: "remote",
      message: expect.stringMatching(/still 5000 ms off/),
    });
  });

  it("tells of a strobe that was overtaken", async () => {
    const answer = {
      ...seen(0),
      switches: 3,
      confirmed: 3,
      tookMs: 60,
      error: "Something else changed the node's clock meanwhile.",
    };
    const outcome = await new KernelClock(answering(answer), baseline).strobe(strobe);
    expect(outcome.clocks[0]).toMatchObject({ switches: 3, problem: expect.stringMatching(/meanwhile/) });
  });
});
