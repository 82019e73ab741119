import { expect, test } from "vitest";
import { sleep } from "../../src/clock.ts";
import type { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { folder, nodes, start } from "./cli.ts";
import { etcdOn, onNode, runFaults, until } from "./faults-run.ts";

/** What a node's /proc shows of etcd while the run goes: each state once, in the order of its coming. */
async function watch(cluster: LocalCluster, node: string, ended: () => boolean): Promise<string[]> {
  const seen: string[] = [];
  while (!ended()) {
    const now = await etcdOn(cluster, node);
    const shown = now ? `${now.pid}${now.state === "T" ? " stopped" : ""}` : "none";
    if (seen.at(-1) !== shown) seen.push(shown);
    await sleep(40);
  }
  return seen;
}

interface Look {
  readonly pid: number;
  readonly state: string;
}
type Looks = Readonly<Record<"before" | "after", Readonly<Record<string, readonly Look[]>>>>;

test("kill, pause, stop and restart are as the nodes' own /proc shows them", async () => {
  const cluster = await nodes();
  let isOver = false;
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "kill", f: "kill", value: { nodes: ["n1"] } },
      { at: 1, family: "pause", f: "pause", value: { nodes: ["n2"] } },
      { at: 2, family: "pause", f: "pause", value: { nodes: ["n1"] } },
      { at: 3, family: "kill", f: "start-killed" },
      { at: 3, family: "pause", f: "resume" },
      { at: 4, family: "stop", f: "stop", value: { nodes: ["n3"] } },
      { at: 6, family: "stop", f: "start-stopped" },
      { at: 7, family: "restart", f: "restart", value: { nodes: ["n4"] } },
    ],
    8,
  ).finally(() => {
    isOver = true;
  });
  const [result, seen] = await Promise.all([
    running,
    Promise.all(cluster.nodes.map((node) => watch(cluster, node, () => isOver))),
  ]);
  const [n1, n2, n3, n4, n5] = seen;
  expect(result).toMatchObject({ code: 0, valid: true });
  for (const family of ["kill", "pause", "stop", "restart"])
    expect(result.results.checkers.faults.families[family]).toMatchObject({ valid: true, installs: { proven: 1 } });
  const pidOf = (f: string, when: "before" | "after", node: string) =>
    (result.fault(f).evidence?.details as Looks | undefined)?.[when][node]?.[0]?.pid;
  const lives = (f: string, undo: string, node: string) => [pidOf(f, "before", node), pidOf(undo, "after", node)];
  // before the database there is none, and after the run neither
  const [killed, fresh] = lives("kill", "start-killed", "n1");
  expect(n1).toEqual(["none", `${killed}`, "none", `${fresh}`, "none"]);
  const paused = pidOf("pause", "before", "n2");
  expect(n2).toEqual(["none", `${paused}`, `${paused} stopped`, `${paused}`, "none"]);
  const [stopped, started] = lives("stop", "start-stopped", "n3");
  expect(n3).toEqual(["none", `${stopped}`, "none", `${started}`, "none"]);
  const [old, next] = lives("restart", "restart", "n4");
  expect(n4?.filter((each) => each !== "none")).toEqual([`${old}`, `${next}`]);
  expect(n5?.length).toBe(3);
  const missed = result.faults.find((op) => op.f === "pause" && op.type === "fail");
  expect(missed?.error).toEqual({ code: "skipped", message: "n1: no process of the database runs there" });
});

test("a process that somebody else thaws or starts makes the fault indeterminate", async () => {
  const cluster = await nodes();
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "pause", f: "pause", value: { nodes: ["n2"] } },
      { at: 1, family: "kill", f: "kill", value: { nodes: ["n3"] } },
      { at: 4, family: "pause", f: "resume" },
      { at: 4, family: "kill", f: "start-killed" },
    ],
    5,
  );
  await until(async () => (await etcdOn(cluster, "n3")) !== undefined);
  const old = await etcdOn(cluster, "n3");
  const argv = await onNode(cluster, "n3", `tr '\\0' '\\n' < /proc/${old?.pid}/cmdline`);
  await until(async () => (await etcdOn(cluster, "n2"))?.state === "T" && !(await etcdOn(cluster, "n3")));
  await sleep(700); // it was measured by now
  const paused = await etcdOn(cluster, "n2");
  await onNode(cluster, "n2", `kill -CONT ${paused?.pid}`);
  // an operator's own supervisor: the same command line, and the pidfile kept
  const again = `set -- ${argv
    .split("\n")
    .map((word) => `'${word}'`)
    .join(" ")}
f=/var/lib/jepsen-ts/etcd/etcd.pid
setsid sh -c 'stat=$(cat /proc/$$/stat); rest=\${stat##*) }; f=$1; shift; echo "$$ $(echo "$rest" | cut -d " " -f 20)" > "$f"; exec "$@"' sh "$f" "$@" </dev/null >>/var/log/jepsen-ts/etcd.log 2>&1 &`;
  await onNode(cluster, "n3", again);
  const result = await running;
  expect(result).toMatchObject({ code: 2, valid: "unknown" });
  expect(result.fault("pause")).toMatchObject({ type: "ok" });
  expect(result.fault("resume")).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(result.fault("resume").evidence?.summary).toContain("had been thawed before");
  expect(result.fault("kill")).toMatchObject({ type: "ok" });
  expect(result.fault("start-killed")).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(result.fault("start-killed").evidence?.summary).toContain("runs there although nobody here started it");
  expect(result.summary).toMatch(/Fault kill: it was never proven.*Fault pause: it was never proven|pause.*kill/s);
});

test("when the control process is killed, a pause undoes itself and a kill is told by doctor", async () => {
  const cluster = await nodes();
  const store = await folder();
  const faults = ["--nemesis", "kill,pause", "--kill-targets", "n1", "--pause-targets", "n2+n3", "--lease", "4"];
  const pace = ["--kill-interval", "1", "--pause-interval", "1.5", "--time-limit", "60", "--rate", "100"];
  const argv = ["run", "etcd", ...faults, ...pace, "--cluster", cluster.id, "--store", store];
  const { child, done } = start(argv);
  await until(async () => (await etcdOn(cluster, "n2"))?.state === "T" && (await etcdOn(cluster, "n3"))?.state === "T");
  child.kill("SIGKILL");
  await done;
  expect((await etcdOn(cluster, "n2"))?.state).toBe("T");
  await until(
    async () => (await etcdOn(cluster, "n2"))?.state !== "T" && (await etcdOn(cluster, "n3"))?.state !== "T",
    8_000,
  );
  expect(await etcdOn(cluster, "n2")).toBeDefined();
  const doctor = await start(["doctor", "--cluster", cluster.id]).done;
  expect(doctor.stdout).toMatch(/n1 .*etcd \(process \d+\) is killed with SIGKILL by the fault kill/);
  expect((await start(["heal", "--cluster", cluster.id]).done).code).toBe(0);
  expect((await start(["doctor", "--cluster", cluster.id]).done).code).toBe(0);
});
