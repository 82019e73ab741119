import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FaultSchedule } from "../../nemesis/schedule.ts";
import { sleep } from "../../src/clock.ts";
import { execOk } from "../../src/control/exec.ts";
import { loadHistory } from "../../src/history/json-lines.ts";
import { folder, nodes, readText, run, start } from "./cli.ts";

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
    "--time-limit",
    "20",
    "--nemesis-interval",
    "4",
    "--store",
    store,
    "--seed",
    "7",
  ]);
  expect(result).toMatchObject({ code: 0, valid: true, seed: 7 });
  const { stats, faults } = result.results.checkers;
  expect(stats.okCount).toBeGreaterThan(2000);
  expect(faults.families.partition.installs.proven).toBeGreaterThanOrEqual(2);
  const { history } = await loadHistory(join(result.directory, "history.jsonl"));
  const starts = history.filter((op) => op.f === "start-partition" && op.type === "ok");
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
  expect(result).toMatchObject({ code: 1, valid: false });
  expect(result.summary).toContain("linearizable");
  expect(await readText(result.report)).toContain("cannot");
});

test("a rule deleted behind the harness's back makes the fault indeterminate and the run unknown", async () => {
  const store = await folder();
  const cluster = await nodes();
  const schedule = await scheduleFile(store, [
    { at: 1, family: "partition", f: "start-partition", value: alone("n4") },
    { at: 6, family: "partition", f: "stop-partition" },
  ]);
  const faults = ["--nemesis", "partition", "--nemesis-schedule", schedule];
  const running = run(["etcd", ...faults, "--cluster", cluster.id, "--time-limit", "8", "--store", store]);
  const session = await cluster.session("n4");
  const hasTable = async () => (await session.exec(["nft", "list", "table", "inet", TABLE])).code === 0;
  while (!(await hasTable())) await sleep(100);
  await sleep(1500); // it was measured by now
  await execOk(session, ["nft", "delete", "table", "inet", TABLE]);
  const result = await running;
  expect(result).toMatchObject({ code: 2, valid: "unknown" });
  const { history } = await loadHistory(join(result.directory, "history.jsonl"));
  const stop = history.find((op) => op.f === "stop-partition" && op.type !== "invoke");
  expect(stop).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(stop?.evidence?.summary).toContain("n4 still hears n1");
});

test("flapping links are seen from outside to go down and up, and rules that somebody takes away are not brought back", async () => {
  const store = await folder();
  const cluster = await nodes();
  const value = { nodes: ["n2"], flap: { downMs: 900, upMs: 900 } };
  const schedule = await scheduleFile(store, [
    { at: 1, family: "partition", f: "start-partition", value },
    { at: 11, family: "partition", f: "stop-partition" },
    { at: 12, family: "partition", f: "start-partition", value },
    { at: 18, family: "partition", f: "stop-partition" },
  ]);
  const faults = ["--nemesis", "partition", "--nemesis-schedule", schedule, "--settle", "1"];
  const pace = ["--time-limit", "19", "--rate", "100", "--store", store];
  const running = run(["etcd", ...faults, "--cluster", cluster.id, ...pace]);
  const hasTable = async () =>
    (await (await cluster.session("n2")).exec(["nft", "list", "table", "inet", TABLE])).code === 0;
  while (!(await hasTable())) await sleep(100);
  // a beat of datagrams from n1 to n2 and one from n1 to n3, heard by programs of the test's own
  const hear = `import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 7100)); s.settimeout(0.1)
end = time.monotonic() + 6; last = time.monotonic(); gaps = []
while time.monotonic() < end:
    try: s.recv(64)
    except socket.timeout: continue
    now = time.monotonic()
    if now - last > 0.4: gaps.append(round(now - last, 1))
    last = now
print(len(gaps))`;
  const say = `import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); end = time.monotonic() + 6.5
while time.monotonic() < end:
    for to in ("${cluster.address("n2")}", "${cluster.address("n3")}"): s.sendto(b"beat", (to, 7100))
    time.sleep(0.02)`;
  const python = async (node: string, program: string) =>
    execOk(await cluster.session(node), ["python3", "-c", program], { timeoutMs: 30_000 });
  const [toN2, toN3] = await Promise.all([python("n2", hear), python("n3", hear), python("n1", say)]);
  expect(Number(toN2)).toBeGreaterThanOrEqual(2);
  expect(Number(toN3)).toBe(0);
  while (await hasTable()) await sleep(50);
  while (!(await hasTable())) await sleep(50);
  await sleep(3000); // it was measured by now
  await execOk(await cluster.session("n2"), ["nft", "delete", "table", "inet", TABLE]);
  const result = await running;
  const { history } = await loadHistory(join(result.directory, "history.jsonl"));
  const done = history.filter((op) => op.process === "nemesis:partition" && op.type !== "invoke");
  expect(done.map(({ f, type }) => [f, type])).toEqual([
    ["start-partition", "ok"],
    ["stop-partition", "ok"],
    ["start-partition", "ok"],
    ["stop-partition", "info"],
    ["stop-partition", "fail"],
    ["heal-partition", "ok"],
  ]);
  expect(done[3]?.evidence?.summary).toContain("The links stopped flapping");
  expect(result).toMatchObject({ code: 0, valid: true });
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
  while (!(await hasTable())) await sleep(100);
  await sleep(1500);
  child.kill("SIGKILL");
  await done;
  expect(await hasTable()).toBe(true);
  await sleep(7000);
  expect(await hasTable()).toBe(false);
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
