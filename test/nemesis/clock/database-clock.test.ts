import { describe, expect, it } from "vitest";
import { agrees, type DatabaseOffset, judgeByDatabase, shows } from "../../../nemesis/clock/database-clock.ts";

/** What a clock with steps of a second shows: the offset is up to one step more. */
const coarse = (lowMs: number, widthMs = 1020): DatabaseOffset => ({
  lowMs,
  highMs: lowMs + widthMs,
  resolutionMs: 1000,
});
const judge = (answers: readonly (DatabaseOffset | Error)[], shiftMs: number, trueMs = 0) => {
  let turn = 0;
  return judgeByDatabase(
    async () => {
      const answer = answers[Math.min(turn++, answers.length - 1)];
      if (answer instanceof Error) throw answer;
      return answer as DatabaseOffset;
    },
    shiftMs,
    trueMs,
  );
};

describe("the database's own clock", () => {
  it("confirms a shift of two steps and more, and not its absence", async () => {
    expect((await judge([coarse(59_500)], 60_000)).kind).toBe("confirms");
    expect((await judge([coarse(1_900)], 2_500)).kind).toBe("confirms");
    expect((await judge([coarse(-500)], 60_000)).kind).toBe("contradicts");
    expect((await judge([coarse(59_500)], -60_000)).kind).toBe("contradicts");
  });

  it("contradicts a shift where there should be none", async () => {
    expect((await judge([coarse(59_500)], 0)).kind).toBe("contradicts");
    expect((await judge([coarse(-400)], 0)).kind).toBe("coarse");
  });

  it("does not claim to show what its steps hide", async () => {
    expect((await judge([coarse(-400)], 11)).kind).toBe("coarse");
    expect(shows({ ...coarse(0), resolutionMs: 1 }, 100)).toBe(false);
    expect(shows({ ...coarse(0), resolutionMs: 1 }, 500)).toBe(true);
  });

  it("counts from the offset that the node has without any fault", async () => {
    expect((await judge([coarse(309_500)], 10_000, 300_000)).kind).toBe("confirms");
    expect((await judge([coarse(9_500)], 10_000, 300_000)).kind).toBe("contradicts");
  });

  it("asks again after an error or an answer that took too long, a few times", async () => {
    expect((await judge([new Error("refused"), coarse(59_500)], 60_000)).kind).toBe("confirms");
    expect(await judge([new Error("refused")], 60_000)).toEqual({ kind: "silent", reason: "refused" });
    expect(await judge([coarse(-1_000, 9_000)], 3_000)).toMatchObject({
      kind: "silent",
      reason: "it answered too slowly to tell",
    });
  });

  it("has bounds that include the truth", () => {
    expect(agrees(coarse(0), 500)).toBe(true);
    expect(agrees(coarse(0), 2_000)).toBe(false);
    expect(agrees(coarse(0), -500)).toBe(false);
  });
});
