import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FaultSchedule } from "../../nemesis/schedule.ts";
import { loadHistory } from "../../src/history/json-lines.ts";
import { expectVerdict, folder, nodes, readText, run, start } from "./cli.ts";
import { faultDone, hear, onNode, runFaults, until } from "./faults-run.ts";

const TABLE = "jepsen_ts_partition";

async function scheduleFile(directory: string, schedule: FaultSchedule): Promise<string> {
  const path = join(directory, "schedule.json");
  await writeFile(path, JSON.stringify(schedule));
  return path;
}

/** One node cut off from the others. */
const alone = (node: string) => {
  const others = ["n1", "n2", "n3", "n4", "n5"].filter((other) => other !== node);
  return { kind: "given", grudge: { [node]: others, ...Object.fromEntries(others.map((other) => [other, [node]])) } };
};

test("the main job: partitions under load, each measured, and a valid verdict", async () => {
  const store = await folder();
  const result = await run([
    "etcd",
    "--nemesis",
    "partition",
    "--partition",
    "one,halves,majorities-ring", // a primary is not always there to aim at
    "--time-limit",
    "20",
    "--nemesis-interval",
    "4",
    "--store",
    store,
    "--seed",
    "7",
  ]);
  expectVerdict(result, true);
  expect(result.seed).toBe(7);
  const { stats, faults } = result.results.checkers;
  expect(stats.okCount).toBeGreaterThan(200);
  const { history } = await loadHistory(join(result.directory, "history.jsonl"));
  const starts = history.filter((op) => op.f === "start-partition" && op.type !== "invoke");
  expect(starts.length).toBeGreaterThanOrEqual(2);
  expect(faults.families.partition.installs.proven).toBe(starts.length);
  for (const { evidence } of starts) {
    const { grudge, reachability } = (evidence?.details ?? {}) as {
      grudge: Record<string, string[]>;
      reachability: Record<string, Record<string, boolean>>;
    };
    for (const [from, row] of Object.entries(reachability)) {
      for (const [to, heard] of Object.entries(row))
        expect(heard, `${from} to ${to}`).toBe(!(grudge[to] ?? []).includes(from));
    }
  }
  const report = await readText(result.report);
  expect(report).toContain("Valid");
  expect(report).not.toMatch(/(?:src|href)="https?:/);
  expect(await readText(result.directory, "n3", "etcd.log")).toContain("raft");
});

test("serializable reads of a node that is cut off are found to be stale", async () => {
  const store = await folder();
  const schedule = await scheduleFile(store, [
    { at: 1, family: "partition", f: "start-partition", value: alone("n2") },
    { at: 16, family: "partition", f: "stop-partition" },
  ]);
  const faults = ["--nemesis", "partition", "--nemesis-schedule", schedule];
  const result = await run(["etcd", "--serializable", ...faults, "--time-limit", "18", "--store", store]);
  expectVerdict(result, false);
  expect(result.summary).toContain("linearizable");
  expect(await readText(result.report)).toContain("cannot");
});

test("a rule deleted behind the harness's back makes the fault indeterminate and the run unknown", async () => {
  const cluster = await nodes();
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "partition", f: "start-partition", value: alone("n4") },
      { at: 6, family: "partition", f: "stop-partition" },
    ],
    8,
  );
  await running.done("start-partition");
  await onNode(cluster, "n4", `nft delete table inet ${TABLE}`);
  const result = await running;
  expectVerdict(result, "unknown");
  const stop = result.fault("stop-partition");
  expect(stop).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(stop.evidence?.summary).toContain("n4 still hears n1");
});

/** How many times in a row numbers below `count` are missing. */
function gaps(heard: readonly number[], count: number): number {
  return [...heard, count].filter((n, i) => n > (heard[i - 1] ?? -1) + 1).length;
}

test("flapping links are seen from outside to go down and up, and rules that somebody takes away are not brought back", async () => {
  const cluster = await nodes();
  const value = { nodes: ["n2"], flap: { downMs: 900, upMs: 900 } };
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "partition", f: "start-partition", value },
      { at: 11, family: "partition", f: "stop-partition" },
      { at: 12, family: "partition", f: "start-partition", value },
      { at: 18, family: "partition", f: "stop-partition" },
    ],
    19,
  );
  await running.done("start-partition");
  const beat = `import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); end = time.monotonic() + 6; n = 0
while time.monotonic() < end:
    for to in ("${cluster.address("n2")}", "${cluster.address("n3")}"): s.sendto(str(n).encode(), (to, 7100))
    n += 1; time.sleep(0.02)
print(n)`;
  const [n2, n3] = await Promise.all([hear(cluster, "n2", 7100), hear(cluster, "n3", 7100)]);
  const count = Number(await onNode(cluster, "n1", `python3 -c '${beat}'`));
  expect(gaps(await n2.heard(), count)).toBeGreaterThanOrEqual(2);
  expect(gaps(await n3.heard(), count)).toBe(0);
  await running.done("start-partition", 2);
  await onNode(cluster, "n2", `nft delete table inet ${TABLE}`);
  const result = await running;
  expect(result.faults.map(({ f, type }) => [f, type])).toEqual([
    ["start-partition", "ok"],
    ["stop-partition", "ok"],
    ["start-partition", "ok"],
    ["stop-partition", "info"],
    ["stop-partition", "fail"],
    ["heal-partition", "ok"],
  ]);
  expect(result.faults[3]?.evidence?.summary).toContain("The links stopped flapping");
  expectVerdict(result, true);
});

test("when the control process is killed, the cut undoes itself within the lease, and the history is judged", async () => {
  const store = await folder();
  const cluster = await nodes();
  const schedule = await scheduleFile(store, [
    { at: 1, family: "partition", f: "start-partition", value: alone("n1") },
  ]);
  const faults = ["--nemesis", "partition", "--nemesis-schedule", schedule, "--lease", "4"];
  const { child, done } = start([
    "run",
    "etcd",
    ...faults,
    "--cluster",
    cluster.id,
    "--time-limit",
    "60",
    "--store",
    store,
  ]);
  const session = await cluster.session("n1");
  const hasTable = async () => (await session.exec(["nft", "list", "table", "inet", TABLE])).code === 0;
  await faultDone(store, "start-partition");
  child.kill("SIGKILL");
  await done;
  expect(await hasTable()).toBe(true);
  await until(async () => !(await hasTable()));
  const doctor = await start(["doctor", "--cluster", cluster.id]).done;
  expect(doctor.stdout).toContain("leftovers of run");
  const refused = await start(["run", "etcd", "--cluster", cluster.id, "--time-limit", "1", "--store", store]).done;
  expect(refused.code).toBe(254);
  expect(refused.stderr).toContain("jepsen-ts heal");
  const analyzed = await start([
    "analyze",
    "--store",
    store,
    "--json",
    join(store, "etcd-register-partition", "latest"),
  ]).done;
  const { results, directory } = JSON.parse(analyzed.stdout);
  expect(results.checkers.workload.valid).toBe(true);
  expect(results.valid).toBe("unknown"); // the cut was never seen to be undone
  expect(analyzed.code).toBe(2);
  expect(await readText(directory, "n1", "etcd.log")).toContain("raft");
  const again = ["run", "etcd", "--cluster", cluster.id, "--time-limit", "1", "--store", store, "--heal-first"];
  expect((await start(again).done).code).toBe(0);
  const clean = await start(["doctor", "--cluster", cluster.id]).done;
  expect(clean.code).toBe(0);
});
