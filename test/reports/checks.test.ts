import { expect, test } from "vitest";
import { checkRowsOf } from "../../reports/checks.ts";
import type { Result } from "../../src/test.ts";

test("lists nested checkers by their full names, the worst verdicts first", () => {
  const rows = checkRowsOf({
    valid: false,
    checkers: {
      stats: { valid: true, summary: "Fine.", okCount: 12_345, unexpected: "", byF: { read: 1 } },
      workload: { valid: false, checkers: { linear: { valid: false, model: "register" }, set: { valid: "unknown" } } },
      faults: { valid: true },
    },
  });
  expect(rows.map(({ name, result }) => [name, result.valid])).toEqual([
    ["workload › linear", false],
    ["workload › set", "unknown"],
    ["stats", true],
    ["faults", true],
  ]);
  expect(rows[2]?.facts).toEqual([{ name: "ok count", value: "12,345" }]);
  expect(rows[0]?.facts).toEqual([{ name: "model", value: '"register"' }]);
});

test("takes a single result as one row, and none as none", () => {
  expect(checkRowsOf({ valid: true })).toMatchObject([{ name: "check" }]);
  expect(checkRowsOf(undefined)).toEqual([]);
});

test("ends on results that are composed without end", () => {
  let nested: Result = { valid: true };
  for (let level = 0; level < 50_000; level++) nested = { valid: true, checkers: { a: nested, b: { valid: true } } };
  expect(checkRowsOf(nested).length).toBeLessThanOrEqual(200);
});
