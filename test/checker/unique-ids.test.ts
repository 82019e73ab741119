import { describe, expect, it } from "vitest";
import { uniqueIdsChecker } from "../../src/checker/unique-ids.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { run } from "./run-checker.ts";

const check = (...ids: readonly unknown[]) => {
  const rows = ids.flatMap((id): Row[] => [
    [0, "invoke", "generate"],
    [0, "ok", "generate", id],
  ]);
  return run(uniqueIdsChecker(), historyOf([9, "invoke", "generate"], ...rows));
};

describe("the unique-ids checker", () => {
  it("takes a completion that nobody began for a broken history, and not for a second id", async () => {
    const stray = historyOf([0, "invoke", "generate"], [0, "ok", "generate", 1], [0, "ok", "generate", 1]);
    await expect(run(uniqueIdsChecker(), stray)).rejects.toThrow("its invocation is missing");
  });

  it("is valid when all differ", async () => {
    expect(await check(10, 9, 100)).toMatchObject({
      valid: true,
      attemptCount: 4,
      acknowledgedCount: 3,
      range: [9, 100],
    });
    expect(await check("b", "a", [1])).toMatchObject({ valid: true, range: ["a", [1]] });
  });

  it("is false when one comes twice, the worst first, 48 at most", async () => {
    expect(await check("a", "b", "b", "a", "b", "c")).toMatchObject({
      valid: false,
      duplicatedCount: 2,
      duplicated: [
        { id: "b", count: 3 },
        { id: "a", count: 2 },
      ],
    });
    const ids = Array.from({ length: 60 }, (_, i) => i);
    const result = await check(...ids, ...ids);
    expect(result.duplicatedCount).toBe(60);
    expect(result.duplicated).toHaveLength(48);
  });

  it("does not know without an id", async () => {
    expect(await check()).toMatchObject({ valid: "unknown", attemptCount: 1 });
  });
});
