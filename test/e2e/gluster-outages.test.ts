/** What must not hang a run of Gluster for ever: a mount that does not answer, and a brick without room. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FaultSchedule } from "../../nemesis/schedule.ts";
import { loadHistory } from "../../src/history/json-lines.ts";
import { isClientOp } from "../../src/history/op.ts";
import type { Op } from "../../src/test.ts";
import { CURRENT_MOUNT, MOUNT_PID } from "../../workloads/gluster/paths.ts";
import { expectVerdict, folder, nodes, run } from "./cli.ts";
import { onNode, until } from "./faults-run.ts";

const PACE = ["--workload", "fs-append", "--client-timeout", "1", "--rate", "100", "--ops-per-key", "400"];

async function clientOps(directory: string): Promise<readonly Op[]> {
  const { history } = await loadHistory(join(directory, "history.jsonl"));
  return history.filter((op) => isClientOp(op) && op.type !== "invoke");
}

test("a mount that hangs: its operations are of unknown outcome, the run ends, and nothing of it is left", async () => {
  const cluster = await nodes();
  const store = await folder();
  const flags = [...PACE, "--time-limit", "8", "--settle", "0", "--cluster", cluster.id, "--store", store];
  const running = run(["gluster", ...flags]);
  // frozen behind the run's back when appends have gone well (it may take a lock with it that all wait for), never thawed
  const freeze = `[ "$(stat -c %s ${CURRENT_MOUNT}/append/0)" -ge 320 ] && read -r pid started < ${MOUNT_PID} && kill -STOP "$pid" && echo frozen; exit 0`;
  await until(async () => (await onNode(cluster, "n5", freeze)) === "frozen", 90_000);
  const result = await running;
  expectVerdict(result, true);
  expect(result.outcome.problems).toEqual([]);
  const hung = (await clientOps(result.directory)).filter((op) => op.node === "n5" && op.error?.code === "timeout");
  expect(new Set(hung.map(({ f, type }) => `${f} ${type}`))).toEqual(new Set(["append info", "read fail"]));
  const left = 'grep -c " fuse" /proc/self/mounts; pgrep -l "glusterfs|python3"; exit 0';
  expect((await onNode(cluster, "n5", left)).trim()).toBe("0");
});

test("a brick without room: the others go on, and it is filled up again afterwards", async () => {
  const store = await folder();
  const schedule: FaultSchedule = [
    { at: 1, family: "disk", f: "fill-disk", value: { nodes: ["n2"] } },
    { at: 6, family: "disk", f: "free-disk" },
  ];
  const path = join(store, "schedule.json");
  await writeFile(path, JSON.stringify(schedule));
  const faults = ["--nemesis", "disk", "--nemesis-schedule", path, "--node-disk", "512m"];
  const result = await run(["gluster", ...PACE, ...faults, "--time-limit", "8", "--settle", "2", "--store", store]);
  expectVerdict(result, true);
  const { stats, faults: found } = result.results.checkers;
  expect(found.families.disk.installs.proven).toBe(1);
  expect(stats.byF.append.okCount).toBeGreaterThan(50);
});
