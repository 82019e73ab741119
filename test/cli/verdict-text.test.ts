import { expect, onTestFinished, test, vi } from "vitest";
import { printVerdict } from "../../src/cli/verdict-text.ts";
import { validRun } from "../reports/sample-runs.ts";

test("says what came of the faults once, also where they decided", () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  onTestFinished(() => write.mockRestore());
  const faults = "Fault partition: 2 proven.";
  for (const summary of [`faults: ${faults}`, "Valid."]) {
    const results = { valid: "unknown" as const, summary, checkers: { faults: { valid: "unknown", summary: faults } } };
    printVerdict({ directory: "/run", record: validRun("/run").record, results });
    expect(String(write.mock.lastCall?.[0]).split(faults)).toHaveLength(2);
  }
});
