import { describe, expect, it } from "vitest";
import { unhandledErrors } from "../../src/checker/unhandled.ts";
import { historyOf } from "../history/rows.ts";
import { run } from "./run-checker.ts";

describe("unhandledErrors", () => {
  it("groups by code, most frequent first, with the first as example", async () => {
    const history = historyOf(
      [0, "invoke", "read"],
      [0, "fail", "read", null, { error: { code: "refused", message: "no" } }],
      [0, "invoke", "write", 1],
      [0, "info", "write", 1, { error: { code: "timeout" } }],
      [1, "invoke", "read"],
      [1, "fail", "read", null, { error: { code: "timeout" } }],
      [1, "invoke", "read"],
      [1, "ok", "read", 1],
    );
    expect(await run(unhandledErrors(), history)).toEqual({
      valid: true,
      summary: "Errors: timeout (2), refused (1).",
      errors: [
        { code: "timeout", count: 2, failCount: 1, infoCount: 1, example: history[3] },
        { code: "refused", count: 1, failCount: 1, infoCount: 0, example: history[1] },
      ],
    });
  });

  it("has nothing to say where nothing failed", async () => {
    const history = historyOf([0, "invoke", "read"], [0, "ok", "read", 1]);
    expect(await run(unhandledErrors(), history)).toMatchObject({ valid: true, errors: [] });
  });
});
