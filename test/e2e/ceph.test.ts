import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FaultSchedule } from "../../nemesis/schedule.ts";
import { folder, readText, run } from "./cli.ts";

const OTHERS = ["n2", "n3", "n4", "n5"];

test("objects of a replicated pool stay linearizable while the leading monitor's node is cut off", async () => {
  const store = await folder();
  const grudge = { n1: OTHERS, ...Object.fromEntries(OTHERS.map((node) => [node, ["n1"]])) };
  const schedule: FaultSchedule = [
    { at: 2, family: "partition", f: "start-partition", value: { kind: "given", grudge } },
    { at: 10, family: "partition", f: "stop-partition" },
  ];
  const path = join(store, "schedule.json");
  await writeFile(path, JSON.stringify(schedule));
  const flags = ["--nemesis", "partition", "--nemesis-schedule", path, "--time-limit", "14", "--store", store];
  const result = await run(["ceph", "--workload", "rados-register", ...flags], { timeoutMs: 170_000 });
  expect(result).toMatchObject({ code: 0, valid: true });
  const { stats, faults } = result.results.checkers;
  for (const f of ["read", "write", "cas"]) expect(stats.byF[f].okCount).toBeGreaterThan(50);
  expect(faults.families.partition.installs.proven).toBe(1);
  expect(await readText(result.directory, "n2", "mon.log")).toContain("quorum");
  expect(await readText(result.directory, "test.json")).toContain("16.");
  for (const name of ["test.json", "jepsen.log"]) expect(await readText(result.directory, name)).not.toContain("key =");
});
