import { describe, expect, it } from "vitest";
import { stats } from "../../src/checker/stats.ts";
import { historyOf } from "../history/rows.ts";
import { run } from "./run-checker.ts";

const mixed = historyOf(
  [0, "invoke", "read"],
  [1, "invoke", "cas", [1, 2]],
  ["nemesis:kill", "invoke", "kill"],
  [0, "ok", "read", 1],
  [1, "fail", "cas", [1, 2]],
  [0, "invoke", "read"],
  [0, "info", "read"],
  ["nemesis:kill", "ok", "kill"],
  [2, "invoke", "cas", [1, 2]],
);

describe("stats", () => {
  it("counts client operations by f, and nothing of the nemesis", async () => {
    expect(await run(stats({ mayNeverSucceed: ["cas"] }), mixed)).toEqual({
      valid: true,
      summary: "4 operations: 1 ok, 1 fail, 1 info.",
      count: 4,
      okCount: 1,
      failCount: 1,
      infoCount: 1,
      openCount: 1,
      byF: {
        read: { valid: true, count: 2, okCount: 1, failCount: 0, infoCount: 1, openCount: 0 },
        cas: { valid: true, count: 2, okCount: 0, failCount: 1, infoCount: 0, openCount: 1 },
      },
    });
  });

  it("does not know about an f that never succeeded", async () => {
    const result = await run(stats(), mixed);
    expect(result).toMatchObject({ valid: "unknown", byF: { read: { valid: true }, cas: { valid: "unknown" } } });
    expect(result.summary).toMatch(/^Not one cas succeeded/);
  });

  it("does not know about nothing", async () => {
    expect(await run(stats(), historyOf(["nemesis", "invoke", "kill"]))).toMatchObject({ valid: "unknown", count: 0 });
  });
});
