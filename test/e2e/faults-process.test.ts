import { expect, test } from "vitest";
import type { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { expectVerdict, nodes } from "./cli.ts";
import { etcdOn, onNode, runFaults, until } from "./faults-run.ts";

/** Prints what a node's /proc shows of etcd: each state once, in the order of its coming. On the node itself, so that nothing is missed. */
const WATCH = `while :; do
  now=none
  for stat in /proc/[0-9]*/stat; do
    read -r pid name state rest < "$stat" && [ "$name" = "(etcd)" ] && grep -q -- --data-dir "/proc/$pid/cmdline" || continue
    now=$pid; [ "$state" != T ] || now="$pid stopped"
  done 2>/dev/null
  [ "$now" = "$last" ] || echo "$now"; last=$now
  sleep 0.04
done`;

/** Watches a node from now on; the function ends that, and tells what was seen. */
async function watch(cluster: LocalCluster, node: string): Promise<() => Promise<readonly string[]>> {
  const watching = await (await cluster.session(node)).spawn(["sh", "-c", WATCH]);
  const seen: string[] = [];
  const reading = (async () => {
    for await (const line of watching.lines) seen.push(line);
  })();
  return async () => {
    await watching.close();
    await reading;
    return seen;
  };
}

interface Look {
  readonly pid: number;
  readonly state: string;
}
type Looks = Readonly<Record<"before" | "after", Readonly<Record<string, readonly Look[]>>>>;

test("kill, pause, stop and restart are as the nodes' own /proc shows them", async () => {
  const cluster = await nodes();
  const watches = await Promise.all(cluster.nodes.map((node) => watch(cluster, node)));
  const result = await runFaults(
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
  );
  const [n1, n2, n3, n4, n5] = await Promise.all(watches.map((seen) => seen()));
  expectVerdict(result, true);
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

/** What an operator's own supervisor would do about etcd on a node: the same command line again, and the pidfile kept. */
async function supervisor(cluster: LocalCluster, node: string): Promise<string> {
  await until(async () => (await etcdOn(cluster, node)) !== undefined);
  const { pid } = (await etcdOn(cluster, node)) ?? {};
  const argv = await onNode(cluster, node, `tr '\\0' '\\n' < /proc/${pid}/cmdline`);
  const words = argv.split("\n").map((word) => `'${word}'`);
  return `set -- ${words.join(" ")}
f=/var/lib/jepsen-ts/etcd/etcd.pid
setsid sh -c 'stat=$(cat /proc/$$/stat); rest=\${stat##*) }; f=$1; shift; echo "$$ $(echo "$rest" | cut -d " " -f 20)" > "$f"; exec "$@"' sh "$f" "$@" </dev/null >>/var/log/jepsen-ts/etcd.log 2>&1 &`;
}

test("a process that somebody else thaws or starts makes the fault indeterminate", async () => {
  const cluster = await nodes();
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "pause", f: "pause", value: { nodes: ["n2"] } },
      { at: 1, family: "kill", f: "kill", value: { nodes: ["n3"] } },
      { at: 1, family: "stop", f: "stop", value: { nodes: ["n4"] } },
      { at: 4, family: "pause", f: "resume" },
      { at: 4, family: "kill", f: "start-killed" },
      { at: 4, family: "stop", f: "start-stopped" },
    ],
    5,
  );
  const [n3, n4] = await Promise.all([supervisor(cluster, "n3"), supervisor(cluster, "n4")]);
  for (const f of ["pause", "kill", "stop"]) await running.done(f);
  const paused = await etcdOn(cluster, "n2");
  await onNode(cluster, "n2", `kill -CONT ${paused?.pid}`);
  await onNode(cluster, "n3", n3);
  await onNode(cluster, "n4", n4);
  const result = await running;
  expectVerdict(result, "unknown");
  expect(result.fault("pause")).toMatchObject({ type: "ok" });
  expect(result.fault("resume")).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(result.fault("resume").evidence?.summary).toContain("had been thawed before");
  expect(result.fault("kill")).toMatchObject({ type: "ok" });
  expect(result.fault("stop")).toMatchObject({ type: "ok" });
  for (const f of ["start-killed", "start-stopped"]) {
    expect(result.fault(f)).toMatchObject({ type: "info", evidence: { proven: false } });
    expect(result.fault(f).evidence?.summary).toContain("runs there although nobody here started it");
  }
  for (const family of ["kill", "stop", "pause"])
    expect(result.summary).toContain(`Fault ${family}: it was never proven to have taken hold`);
});

test("a restart after which nothing runs is indeterminate", async () => {
  const cluster = await nodes();
  const running = runFaults(cluster, [{ at: 4, family: "restart", f: "restart", value: { nodes: ["n4"] } }], 8);
  const puts = `curl -s -m 2 http://${cluster.address("n4")}:2379/metrics | awk '/mvcc_put_total [0-9]/ { n += $2 } END { print n + 0 }'`;
  await until(async () => Number(await onNode(cluster, "n4", puts)) > 5); // set-up is over: it starts etcd as well
  // from now on, what is started ends at once
  const path = await onNode(cluster, "n4", "command -v etcd");
  const swap = `cp -p ${path} ${path}.real; printf '#!/bin/sh\\nexit 1\\n' > ${path}.new; chmod 755 ${path}.new; mv ${path}.new ${path}`;
  await onNode(cluster, "n4", swap);
  await running.done("restart");
  await onNode(cluster, "n4", `mv ${path}.real ${path}`);
  const result = await running;
  expect(result.fault("restart")).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(result.results.checkers.faults.families.restart).toMatchObject({ valid: "unknown", installs: { proven: 0 } });
  expectVerdict(result, "unknown");
});
