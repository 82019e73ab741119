import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { FaultSchedule } from "../../nemesis/schedule.ts";
import { expectVerdict, folder, readText, run } from "./cli.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];

/** Two sides that do not hear each other. */
function split(side: readonly string[]) {
  const grudge = NODES.map((node) => [node, NODES.filter((other) => side.includes(other) !== side.includes(node))]);
  return { kind: "given", grudge: Object.fromEntries(grudge) };
}

/** A run with one partition from the second second on, until there or until operations end. */
async function cutOff(store: string, side: readonly string[], untilS: number | undefined, ...flags: readonly string[]) {
  const schedule: FaultSchedule = [
    { at: 1, family: "partition", f: "start-partition", value: split(side) },
    ...(untilS === undefined ? [] : [{ at: untilS, family: "partition", f: "stop-partition" }]),
  ];
  const path = join(store, "schedule.json");
  await writeFile(path, JSON.stringify(schedule));
  const faults = ["--nemesis", "partition", "--nemesis-schedule", path];
  return run(["gluster", "--workload", "fs-append", ...faults, "--time-limit", "9", "--store", store, ...flags]);
}

test("the control: a directory of one node keeps every record, through the same agent", async () => {
  const result = await run([
    "fs",
    "--workload",
    "fs-append",
    "--time-limit",
    "2",
    "--settle",
    "0",
    "--store",
    await folder(),
  ]);
  expectVerdict(result, true);
  expect(result.results.checkers.stats.okCount).toBeGreaterThan(50);
});

test("a replicated volume keeps every record while a node is cut off, and tells what is left to heal", async () => {
  // to the end: in the seconds in which a client finds one brick after the other again, it may leave holes (docs/findings.md, 3)
  const result = await cutOff(await folder(), ["n5"], undefined, "--settle", "2");
  expectVerdict(result, true);
  const { stats, faults } = result.results.checkers;
  expect(stats.byF.append.okCount).toBeGreaterThan(50);
  expect(faults.families.partition.installs.proven).toBe(1);
  const healing = await readText(result.directory, "n1", "heal.txt");
  expect(healing).toContain("Number of entries in split-brain: 0");
  expect(await readText(result.directory, "n2", "brick.log")).toContain("glusterfs");
});

test("two replicas without a quorum are caught: both sides of a partition go on by themselves", async () => {
  const result = await cutOff(
    await folder(),
    ["n1", "n3"],
    7,
    "--volume",
    "replica-2",
    "--quorum",
    "none",
    "--settle",
    "3",
  );
  expectVerdict(result, false);
  expect(result.summary).toMatch(/lost|disagree/);
});

test.runIf(process.env.JEPSEN_TS_FULL)(
  "a reader that keeps a file open is caught missing acknowledged records while the writer lacks its brick",
  async () => {
    const script = fileURLToPath(new URL("../../examples/gluster-follower.json", import.meta.url));
    const faults = ["--nemesis", "partition", "--nemesis-schedule", script, "--time-limit", "20"];
    const follow = ["--keep-open", "--one-writer", "--ops-per-key", "100000", "--settle", "2"];
    const store = await folder();
    const result = await run(["gluster", "--workload", "fs-append", ...faults, ...follow, "--store", store]);
    expectVerdict(result, false);
    expect(result.summary).toMatch(/reads without records that were there/);
    expect(result.results.checkers.faults.families.partition.installs.proven).toBe(1);
  },
);
