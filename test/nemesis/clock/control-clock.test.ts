import { describe, expect, it } from "vitest";
import { ControlClock } from "../../../nemesis/clock/control-clock.ts";

describe("ControlClock", () => {
  it("goes on by the monotonic clock and tells when the wall clock was moved", () => {
    let monotonic = 5_000;
    let wall = 1_700_000_000_000;
    const clock = new ControlClock(
      () => monotonic,
      () => wall,
    );
    monotonic += 1_000;
    wall += 1_000;
    expect(clock.nowMs()).toBe(1_700_000_001_000);
    expect(clock.hasMoved()).toBe(false);
    wall -= 30_000;
    expect(clock.nowMs()).toBe(1_700_000_001_000);
    expect(clock.movedMs()).toBe(-30_000);
    expect(clock.hasMoved()).toBe(true);
  });
});
