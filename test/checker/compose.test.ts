import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compose } from "../../src/checker/compose.ts";
import { mergeVerdicts } from "../../src/checker/verdict.ts";
import { sleep } from "../../src/clock.ts";
import type { Budget, Checker, Result, Verdict } from "../../src/test.ts";
import { budget, context, run } from "./run-checker.ts";

const answering = (result: Result): Checker => ({ check: async () => result });
const never: Checker = { check: () => new Promise(() => {}) };
const checkersOf = (result: Result) => result.checkers as Record<string, Result>;

describe("mergeVerdicts", () => {
  it("takes false over unknown over true, in any order", () => {
    const verdicts = fc.array(fc.constantFrom<Verdict>(true, false, "unknown"));
    fc.assert(
      fc.property(verdicts, (all) => {
        const worst = all.includes(false) ? false : all.includes("unknown") ? "unknown" : true;
        expect(mergeVerdicts(all)).toBe(worst);
      }),
    );
  });
});

describe("compose", () => {
  it("is valid when every part is, and keeps their results", async () => {
    const result = await run(compose({ a: answering({ valid: true, n: 1 }), b: answering({ valid: true, n: 2 }) }), []);
    expect(result).toMatchObject({ valid: true, checkers: { a: { valid: true, n: 1 }, b: { valid: true, n: 2 } } });
  });

  it("says whose verdict it gives", async () => {
    const parts = {
      fine: answering({ valid: true }),
      bad: answering({ valid: false, summary: "Two is not one." }),
      unsure: answering({ valid: "unknown", summary: "Who knows." }),
    };
    expect(await run(compose(parts), [])).toMatchObject({ valid: false, summary: "bad: Two is not one." });
    const { bad: _, ...rest } = parts;
    expect(await run(compose(rest), [])).toMatchObject({ valid: "unknown", summary: "unsure: Who knows." });
  });

  it.each<[string, Checker, RegExp]>([
    [
      "throws",
      {
        check: () => {
          throw new Error("ouch");
        },
      },
      /failed: ouch/,
    ],
    ["rejects", { check: () => Promise.reject(new Error("ouch")) }, /failed: ouch/],
    ["gives no verdict", answering({} as Result), /no verdict/],
    ["gives nothing", { check: async () => undefined as unknown as Result }, /no verdict/],
    ["never answers", never, /did not answer within/],
  ])("makes a part that %s unknown, and still hears the others", async (_name, part, reason) => {
    const checker = compose({ bad: part, other: answering({ valid: true }) });
    const result = await checker.check(context, [], { ...budget, timeMs: 1_000 });
    expect(result.valid).toBe("unknown");
    expect(checkersOf(result).bad).toMatchObject({ valid: "unknown", summary: expect.stringMatching(reason) });
    expect(checkersOf(result).other).toEqual({ valid: true });
  });

  it("does not let a failing part hide a false one", async () => {
    const checker = compose({
      bad: { check: () => Promise.reject(new Error("ouch")) },
      wrong: answering({ valid: false }),
    });
    expect((await run(checker, [])).valid).toBe(false);
  });

  it("shares the time that is left out equally, and all the memory", async () => {
    const seen: Budget[] = [];
    const part: Checker = {
      check: async (_test, _history, given) => {
        seen.push(given);
        return { valid: true };
      },
    };
    await compose({ a: part, b: part, c: part }).check(context, [], { timeMs: 3_000_000, memoryBytes: 7 });
    expect(seen.map(({ memoryBytes }) => memoryBytes)).toEqual([7, 7, 7]);
    for (const [i, share] of [1_000_000, 1_500_000, 3_000_000].entries()) {
      expect(seen[i]!.timeMs).toBeLessThanOrEqual(share);
      expect(seen[i]!.timeMs).toBeGreaterThan(share * 0.9);
    }
  });

  it("tells a part through its signal when its time is over, and takes a late answer", async () => {
    const patient: Checker = {
      check: (_test, _history, { signal }) =>
        new Promise((resolve) => {
          signal?.addEventListener("abort", () => resolve({ valid: "unknown", summary: "Got as far as 7." }));
        }),
    };
    const result = await compose({ patient }).check(context, [], { ...budget, timeMs: 50 });
    expect(checkersOf(result).patient).toEqual({ valid: "unknown", summary: "Got as far as 7." });
  });

  it("gives up at once when it is called off", async () => {
    const controller = new AbortController();
    const checking = compose({ never, after: answering({ valid: true }) }).check(context, [], {
      timeMs: 3_600_000,
      memoryBytes: 1,
      signal: controller.signal,
    });
    controller.abort();
    const result = await checking;
    expect(checkersOf(result).never!.summary).toMatch(/called off/);
    expect(checkersOf(result).after!.summary).toMatch(/called off/);
  });

  it("of nothing is unknown", async () => {
    expect(await compose({}).check(context, [], budget)).toMatchObject({ valid: "unknown" });
  });

  it("takes a time that no timer can hold", async () => {
    const patient: Checker = {
      check: (_test, _history, { timeMs }) => sleep(20).then(() => ({ valid: timeMs > 1e6 })),
    };
    expect(await compose({ patient }).check(context, [], { ...budget, timeMs: 3e12 })).toMatchObject({ valid: true });
  });
});
