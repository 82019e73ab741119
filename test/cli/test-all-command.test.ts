import { expect, test } from "vitest";
import { EXIT } from "../../src/cli/exit-codes.ts";
import { cellsOf, exitCodeOfAll, jobsFor, testAllCommand } from "../../src/cli/test-all-command.ts";

test("every combination comes once, and each of them before the second seed", () => {
  const cells = cellsOf(["a", "b"], ["none", "kill"], [1, 2]);
  expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(8);
  expect(cells.slice(0, 4).every(({ seed }) => seed === 1)).toBe(true);
});

test("jobs are bounded by free memory, and there is always one", () => {
  const gib = 2 ** 30;
  expect(jobsFor(1, 64 * gib)).toBe(1);
  expect(jobsFor(8, 64 * gib)).toBe(8);
  expect(jobsFor(8, 5 * gib)).toBe(2);
  expect(jobsFor(8, 0)).toBe(1);
});

test("of several exit codes the worst counts: invalid, harness, unknown, valid", () => {
  const { harness, interrupted, invalid, unknown, usage, valid } = EXIT;
  expect(exitCodeOfAll([valid, valid])).toBe(valid);
  expect(exitCodeOfAll([valid, unknown])).toBe(unknown);
  expect(exitCodeOfAll([unknown, interrupted, valid])).toBe(interrupted);
  expect(exitCodeOfAll([unknown, usage, valid])).toBe(usage);
  expect(exitCodeOfAll([unknown, harness, usage])).toBe(harness);
  expect(exitCodeOfAll([harness, invalid, unknown])).toBe(invalid);
  expect(exitCodeOfAll([valid, 137])).toBe(harness); // killed, or whatever else it may be
});

const refused = async (...argv: string[]) => {
  const command = await testAllCommand("demo");
  command.exitOverride();
  return command.parseAsync(["demo", ...argv], { from: "user" }).then(
    () => "nothing was refused",
    (error: Error) => error.message,
  );
};

test("a combination that cannot be is refused before the first one begins", async () => {
  const own = "isolate-primary";
  expect(await refused("--nemeses", `none,${own},bogus`)).toMatch(/^register bogus: There is no fault family "bogus"/);
  expect(await refused("--nemeses", `none+${own}`, "--workloads", "set")).toContain("none cannot be combined");
  expect(await refused("--workloads", "all,bogus")).toContain('no workload "bogus"');
  expect(await refused("--time-limit", "soon")).toContain('--time-limit takes a number, not "soon"');
  expect(await refused("--seeds", "1,99999999999999999999")).toContain("--seeds 99999999999999999999 is too large");
  expect(await refused("--nemeses", "none", "--nemesis-schedule", "alternating")).toContain("name some with --nemeses");
});

test("seeds that are neither a list nor a range, and empty lists, are refused", async () => {
  expect(await refused("--seeds", "1..2,7")).toContain("must be a list like 1,2,3 or a range like 1..20");
  expect(await refused("--workloads", "")).toBe(
    "--workloads names nothing: give it a list with commas, or leave it out.",
  );
  expect(await refused("--nemeses", "")).toBe("--nemeses names nothing: give it a list with commas, or leave it out.");
});
