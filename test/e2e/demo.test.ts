import { stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { monotonicMs } from "../../src/clock.ts";
import { BUGS } from "../../workloads/demo/bugs.ts";
import { cli, expectVerdict, folder, readText, run } from "./cli.ts";

const FOUND_BY = { "stale-reads": "register", "split-brain": "register", "lost-writes": "set", "dirty-reads": "bank" };
/** How long operations go on by default. */
const OPERATIONS_MS = 3_000;
/** What comes before and after them, against a start of the program that does nothing: a quarter of it where nothing else runs. */
const STARTS_MAX = 20;

/** How long it takes now to start the program for nothing. */
async function startMs(): Promise<number> {
  const startedMs = monotonicMs();
  await cli(["--version"]);
  return monotonicMs() - startedMs;
}

test.each(BUGS)("%s is found with no other flag, within seconds", async (bug) => {
  const store = await folder();
  await cli(["--version"]); // whatever has to be built is built before the clock starts
  const beforeMs = await startMs();
  const startedMs = monotonicMs();
  const result = await run(["demo", "--bug", bug, "--store", store]);
  const tookMs = monotonicMs() - startedMs;
  expectVerdict(result, false);
  expect(result.exitCode).toBe(1);
  expect(tookMs).toBeLessThan(OPERATIONS_MS + STARTS_MAX * Math.max(beforeMs, await startMs()));
  expect(result.results.checkers.workload.valid).toBe(false);
  expect(result.results.checkers.faults).toMatchObject({ valid: true });
  const record = JSON.parse(await readText(result.directory, "test.json"));
  expect(record).toMatchObject({ suite: "demo", workload: FOUND_BY[bug], nemesis: ["isolate-primary"] });
  expect((await stat(result.report)).size).toBeGreaterThan(10_000);
  // judged again from what is on disk, the verdict is the same
  expect((await cli(["analyze", result.directory])).code).toBe(1);
});

test("without a bug it is valid, and the flags of every run are the user's to change", async () => {
  const store = await folder();
  const result = await run(["demo", "--time-limit", "2", "--seed", "5", "--store", store]);
  expectVerdict(result, true);
  expect(result.seed).toBe(5);
  const { options } = JSON.parse(await readText(result.directory, "test.json"));
  expect(options).toMatchObject({ timeLimit: 2, nemesisInterval: 0.4, settle: 0.2 });
});

test("runs without any fault, for somebody without rights", async () => {
  const store = await folder();
  const result = await run(["demo", "--nemesis", "none", "--time-limit", "1", "--workload", "bank", "--store", store]);
  expectVerdict(result, true);
});

test("says its own defaults, and refuses faults that need nodes", async () => {
  const help = await cli(["run", "demo", "--help"]);
  expect(help.stdout).toMatch(/--time-limit <number>[^-]*\(default:\s+3\)/);
  expect(help.stdout).toMatch(/--bug <text>/);
  const refused = await cli(["run", "demo", "--nemesis", "partition"]);
  expect(refused.code).toBe(254);
  expect(refused.stderr).toContain("runs without nodes");
});
