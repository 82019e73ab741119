import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type FaultSchedule, readSchedule } from "../../nemesis/schedule.ts";
import { loadHistory } from "../../src/history/json-lines.ts";
import { expectVerdict, folder, nodes, readText, run } from "./cli.ts";
import { onNode } from "./faults-run.ts";

const TIMEOUT_MS = 280_000;
const OTHERS = ["n2", "n3", "n4", "n5"];

/** One run with faults at fixed times. */
async function runCeph(workload: string, schedule: FaultSchedule, seconds: number, ...flags: readonly string[]) {
  const store = await folder();
  const path = join(store, "schedule.json");
  await writeFile(path, JSON.stringify(schedule));
  const families = [...new Set(schedule.map(({ family }) => family))];
  const faults = families.length > 0 ? ["--nemesis", families.join(","), "--nemesis-schedule", path] : [];
  const pace = ["--time-limit", String(seconds), "--settle", "1", "--store", store];
  const result = await run(["ceph", "--workload", workload, ...faults, ...pace, ...flags], { timeoutMs: TIMEOUT_MS });
  expect(result.outcome.failure).toBeUndefined();
  return result;
}

test("objects of a replicated pool stay linearizable while the leading monitor's node is cut off", async () => {
  const grudge = { n1: OTHERS, ...Object.fromEntries(OTHERS.map((node) => [node, ["n1"]])) };
  const result = await runCeph(
    "rados-register",
    [
      { at: 2, family: "partition", f: "start-partition", value: { kind: "given", grudge } },
      { at: 10, family: "partition", f: "stop-partition" },
    ],
    14,
  );
  expectVerdict(result, true);
  const { stats, faults } = result.results.checkers;
  for (const f of ["read", "write", "cas"]) expect(stats.byF[f].okCount).toBeGreaterThan(50);
  expect(faults.families.partition.installs.proven).toBe(1);
  expect(await readText(result.directory, "n2", "mon.log")).toContain("quorum");
  expect(await readText(result.directory, "test.json")).toContain("16.");
  for (const name of ["test.json", "jepsen.log"]) expect(await readText(result.directory, name)).not.toContain("key =");
});

test("CephFS replaces files atomically while its metadata server is killed", async () => {
  const result = await runCeph(
    "fs-rename",
    [
      { at: 1, family: "kill", f: "kill", value: { targets: "primaries" } },
      { at: 5, family: "kill", f: "start-killed" },
    ],
    9,
    "--kill-roles",
    "mds",
  );
  expectVerdict(result, true);
  const { stats, faults } = result.results.checkers;
  for (const f of ["read", "write"]) expect(stats.byF[f].okCount).toBeGreaterThan(5);
  expect(faults.families.kill.installs.proven).toBe(1);
  expect(await readText(result.directory, "n5", "mds.log")).toContain("mds.n5");
});

/** A pool's second copy is down while writes go on, and then the disk with the first one is lost. */
const LAST_COPY = await readSchedule(fileURLToPath(new URL("../../examples/ceph-last-copy.json", import.meta.url)));
const WEAK = ["--pool-size", "2", "--min-size", "1"];

const long = test.runIf(process.env.JEPSEN_TS_FULL);

long("a pool that takes writes with one copy is caught when that copy's disk is lost", async () => {
  const result = await runCeph("rados-set", LAST_COPY, 20, "--kill-roles", "osd", ...WEAK);
  expectVerdict(result, false);
  expect(result.summary).toMatch(/elements lost/);
  expect(result.results.checkers.faults.families["osd-loss"].installs.proven).toBe(1);
});

long("a pool of three copies, two of which must be there, survives the same", async () => {
  const result = await runCeph("rados-set", LAST_COPY, 20, "--kill-roles", "osd");
  expectVerdict(result, true);
  expect(result.results.checkers.faults.families["osd-loss"].installs.proven).toBe(1);
});

long("files stay while an OSD's data moves, and the nodes can be used again", async () => {
  const cluster = await nodes();
  const schedule: FaultSchedule = [
    { at: 2, family: "osd-out", f: "osd-out", value: { nodes: ["n2"] } },
    { at: 8, family: "osd-out", f: "osd-in" },
  ];
  const result = await runCeph("fs-set", schedule, 12, "--cluster", cluster.id);
  expectVerdict(result, true);
  expect(result.results.checkers.faults.families["osd-out"].installs.proven).toBe(1);
  const again = await runCeph("rados-append", [], 3, "--cluster", cluster.id);
  expectVerdict(again, true);
  for (const node of cluster.nodes) {
    const left = await onNode(cluster, node, "pgrep ceph; ls /var/lib/jepsen-ts; grep fuse.ceph /proc/mounts; true");
    expect(left).toBe("");
  }
});

long("writes wait while the OSDs are full, are given up as unknown, and go on when there is room again", async () => {
  const schedule: FaultSchedule = [
    { at: 2, family: "osd-full", f: "fill-osds" },
    { at: 14, family: "osd-full", f: "free-osds" },
  ];
  const result = await runCeph("rados-register", schedule, 20, "--client-timeout", "2");
  expectVerdict(result, true);
  expect(result.results.checkers.faults.families["osd-full"].installs.proven).toBe(1);
  const { history } = await loadHistory(join(result.directory, "history.jsonl"));
  const lost = history.filter((op) => typeof op.process === "number" && op.type === "info");
  expect(lost.length).toBeGreaterThan(10);
  for (const op of lost)
    expect(op).toMatchObject({ f: expect.stringMatching(/write|cas/), error: { code: "ETIMEDOUT" } });
  const freed = history.find((op) => op.f === "free-osds" && op.type === "ok")?.time ?? Number.POSITIVE_INFINITY;
  const after = history.filter((op) => op.f === "write" && op.type === "ok" && op.time > freed);
  expect(after.length).toBeGreaterThan(10);
});

long(
  "a lost quorum and a hung mount: operations end, as unknown where they change anything, and nothing is left",
  async () => {
    const cluster = await nodes();
    const result = await runCeph(
      "fs-append",
      [
        { at: 2, family: "pause", f: "pause", value: { nodes: ["n5"] } },
        { at: 3, family: "kill", f: "kill", value: { nodes: ["n1", "n2"] } },
      ],
      12,
      "--pause-roles",
      "mount",
      "--kill-roles",
      "mon",
      "--client-timeout",
      "2",
      "--cluster",
      cluster.id,
    );
    const { history } = await loadHistory(join(result.directory, "history.jsonl"));
    const lost = history.filter((op) => typeof op.process === "number" && op.error?.code === "timeout");
    expect(lost.length).toBeGreaterThan(0);
    for (const op of lost) expect(op.type).toBe(op.f === "read" ? "fail" : "info");
    expect(result.outcome.failure).toBeUndefined();
    expect(result.outcome.problems).toEqual([]);
    for (const node of cluster.nodes) {
      expect(await onNode(cluster, node, "grep fuse.ceph /proc/mounts; pgrep ceph; true")).toBe("");
    }
  },
);
