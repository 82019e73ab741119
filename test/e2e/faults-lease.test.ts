import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FaultSchedule } from "../../nemesis/schedule.ts";
import { wallClock } from "../../src/clock.ts";
import type { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { cli, folder, nodes, start } from "./cli.ts";
import { connects, etcdOn, faultDone, onNode, until } from "./faults-run.ts";

/** Long enough for a busy machine to renew it, and to look at all the faults between the kill and its end. */
const LEASE_SECONDS = 8;
/** The lease, and what the guard and its scripts take on a busy machine. */
const GONE_MS = (LEASE_SECONDS + 6) * 1000;
const CLIENT_PORT = 2379;
const PEER_PORT = 2380;

/** A fault that undoes itself, and its effect as it is seen without the harness. Together, each has a node of its own. */
interface Reversible {
  readonly family: string;
  readonly f: string;
  readonly value: unknown;
  readonly isInForce: (cluster: LocalCluster) => Promise<boolean>;
}

/** Whether a node's port is reached by the node itself and by no other. */
async function isCutOff(cluster: LocalCluster, node: string, port: number): Promise<boolean> {
  return (await connects(cluster, node, node, port)) && !(await connects(cluster, "n5", node, port));
}

const others = ["n2", "n3", "n4", "n5"];
const alone = { n1: others, ...Object.fromEntries(others.map((node) => [node, ["n1"]])) };

const REVERSIBLE: readonly Reversible[] = [
  {
    family: "partition",
    f: "start-partition",
    value: { grudge: alone },
    isInForce: (cluster) => isCutOff(cluster, "n1", PEER_PORT),
  },
  {
    family: "ports",
    f: "cut-ports",
    value: { kind: "client", nodes: ["n2"] },
    isInForce: (cluster) => isCutOff(cluster, "n2", CLIENT_PORT),
  },
  {
    family: "packet",
    f: "start-packet",
    value: { kind: "loss", percent: 100, nodes: ["n3"] },
    isInForce: (cluster) => isCutOff(cluster, "n3", PEER_PORT),
  },
  {
    family: "pause",
    f: "pause",
    value: { nodes: ["n4"] },
    isInForce: async (cluster) => (await etcdOn(cluster, "n4"))?.state === "T",
  },
  {
    family: "clock",
    f: "bump-clock",
    value: { n5: 60_000 },
    isInForce: async (cluster) => {
      const head = await onNode(cluster, "n5", `curl -sSI -m 3 http://${cluster.address("n5")}:2379/version || true`);
      const date = /^date: (.*)$/im.exec(head)?.[1];
      return date !== undefined && Date.parse(date) - wallClock().getTime() > 30_000;
    },
  },
  {
    family: "disk",
    f: "fill-disk",
    value: { nodes: ["n5"], reserveBytes: 100 << 20 },
    isInForce: async (cluster) =>
      Number(await onNode(cluster, "n5", "df -P -k /var | awk 'NR == 2 { print int($4 / 1024) }'")) < 110,
  },
];

/** A run of the schedule that goes on until it is killed. */
async function endless(cluster: LocalCluster, schedule: FaultSchedule) {
  const store = await folder();
  const path = join(store, "schedule.json");
  await writeFile(path, JSON.stringify(schedule));
  const families = [...new Set(schedule.map(({ family }) => family))].join(",");
  const faults = ["--nemesis", families, "--nemesis-schedule", path, "--lease", String(LEASE_SECONDS)];
  const argv = ["run", "etcd", ...faults, "--cluster", cluster.id, "--time-limit", "90", "--rate", "50"];
  return { store, ...start([...argv, "--store", store]) };
}

/** Kills a run's control process with these faults in force; all of them must end without any command. */
async function killedWith(cluster: LocalCluster, faults: readonly Reversible[]): Promise<void> {
  const schedule = faults.map(({ family, f, value }, i) => ({ at: 1 + i / 2, family, f, value }));
  const { store, child, done } = await endless(cluster, schedule);
  for (const { f } of faults) await faultDone(store, f);
  for (const { isInForce } of faults) await until(() => isInForce(cluster), 60_000);
  child.kill("SIGKILL");
  await done;
  // all at once: the lease is running out already
  const looks = await Promise.all(faults.map(async ({ family, isInForce }) => [family, await isInForce(cluster)]));
  expect(Object.fromEntries(looks)).toEqual(Object.fromEntries(faults.map(({ family }) => [family, true])));
  for (const { isInForce } of faults) await until(async () => !(await isInForce(cluster)), GONE_MS);
  const isOver = async () => /leftovers of run \S+\n/.test((await cli(["doctor", "--cluster", cluster.id])).stdout);
  await until(isOver, GONE_MS); // and none is said to be in force
}

test("when the control process is killed, all reversible faults end within the lease, without any command", async () => {
  await killedWith(await nodes(), REVERSIBLE);
});

describe.runIf(process.env.JEPSEN_TS_FULL === "1")("when the control process is killed", () => {
  test.each(REVERSIBLE)("the fault $family ends within the lease", async (fault) => {
    await killedWith(await nodes(), [fault]);
  });
});

test("what is not undone is told by doctor, and heal says that it stays; a live run is told from leftovers", async () => {
  const cluster = await nodes();
  const wal = "/var/lib/jepsen-ts/etcd/data/member/wal/0000000000000000-0000000000000000.wal";
  const { store, child, done } = await endless(cluster, [
    { at: 6, family: "membership", f: "remove-member", value: { nodes: ["n3"] } },
    { at: 6.5, family: "files", f: "flip-bits", value: { file: wal, start: 1000, end: 1200, nodes: ["n2"] } },
    { at: 8, family: "kill", f: "kill", value: { nodes: ["n1"] } },
    { at: 8, family: "stop", f: "stop", value: { nodes: ["n5"] } },
  ]);
  await until(async () => (await etcdOn(cluster, "n5")) !== undefined);
  const live = await cli(["doctor", "--cluster", cluster.id]);
  expect(live.code, live.stdout).toBe(0);
  expect(live.stdout.match(/^ok +all nodes +in use by run .*$/gm)).toHaveLength(1);
  expect(live.stdout).not.toContain("still runs");
  expect(live.stdout).not.toContain("leftovers");
  const intruder = ["run", "etcd", "--cluster", cluster.id, "--time-limit", "1", "--heal-first"];
  const refused = await cli([...intruder, "--store", await folder()]);
  expect(refused).toMatchObject({ code: 254, stderr: expect.stringContaining("is in use by run") });
  const ended = async () => !(await etcdOn(cluster, "n1")) && !(await etcdOn(cluster, "n5"));
  for (const f of ["remove-member", "flip-bits", "kill", "stop"]) await faultDone(store, f);
  expect(await ended()).toBe(true);
  child.kill("SIGKILL");
  await done;
  let doctor = live;
  await until(async () => {
    doctor = await cli(["doctor", "--cluster", cluster.id]);
    return !doctor.stdout.includes("in use by run"); // the leases of the nodes end one by one
  });
  const told = [
    /n1 .*etcd \(process \d+\) is killed with SIGKILL by the fault kill/,
    /n2 .*\.wal is damaged by the fault files \(flip-bits\)/,
    /n3 .*The member \w+ on n3 is taken out of the membership by the fault membership/,
    /n5 .*etcd \(process \d+\) is ended in good order by the fault stop/,
  ];
  for (const sentence of told) expect(doctor.stdout).toMatch(sentence);
  expect(doctor.stdout).toMatch(/n4 +etcd \(process \d+\) of a run that is over still runs/);
  expect(doctor.stdout).not.toMatch(/n1 .*still runs/);
  expect(doctor.code).toBe(254);
  const healed = await cli(["heal", "--cluster", cluster.id]);
  expect(healed.code).toBe(0);
  for (const node of cluster.nodes) expect(healed.stdout).toMatch(new RegExp(`${node} +removed what run .* left`));
  expect(healed.stdout).toMatch(/n1 +what its faults did for good stays:\nn1 +etcd \(process \d+\) is killed/);
  expect(healed.stdout).toMatch(/n3 +what its faults did for good stays:\nn3 +The member/);
  expect(healed.stdout).toMatch(/n4 +etcd \(process \d+\) still runs: the next run of the same suite ends it/);
  expect(await ended()).toBe(true); // nothing was started behind anybody's back
  const clean = await cli(["doctor", "--cluster", cluster.id]);
  expect(clean.code, clean.stdout).toBe(0);
  const again = await cli(["heal", "--cluster", cluster.id]);
  expect(again.stdout).toMatch(/n1 +nothing was left$/m);
});

test("a run that comes back when another has its nodes ends as a failure of its own, and leaves the other alone", async () => {
  const cluster = await nodes();
  const cut = { at: 1, family: "partition", f: "start-partition", value: { nodes: ["n1"] } };
  const first = await endless(cluster, [cut]);
  await faultDone(first.store, cut.f);
  first.child.kill("SIGSTOP");
  const isOver = async () => /leftovers of run/.test((await cli(["doctor", "--cluster", cluster.id])).stdout);
  await until(isOver, GONE_MS);
  const store = await folder();
  const argv = ["run", "etcd", "--cluster", cluster.id, "--heal-first", "--time-limit", "8", "--rate", "20"];
  const second = start([...argv, "--store", store]);
  await until(async () => (await etcdOn(cluster, "n5")) !== undefined && (await isInMain(store)), 30_000);
  first.child.kill("SIGCONT");
  const [lost, undisturbed] = await Promise.all([first.done, second.done]);
  expect(lost.stdout + lost.stderr).toContain("no longer belongs to this run");
  expect(lost.stdout).not.toContain("ended although nobody killed it");
  expect(lost.code).toBe(255);
  expect(undisturbed.stdout + undisturbed.stderr).not.toContain("no longer belongs");
  expect(undisturbed.code).toBe(0);
});

/** Whether a run has begun with its operations. */
async function isInMain(store: string): Promise<boolean> {
  const files = await readdir(store, { recursive: true });
  return files.some((file) => file.endsWith("history.jsonl"));
}
