import { expect, test } from "vitest";
import type { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { cli, expectVerdict, folder, nodes } from "./cli.ts";
import { hear, onNode, runFaults } from "./faults-run.ts";

const TABLE = "jepsen_ts_packet";
const COUNT = 600;

/** Sends numbered datagrams from one node to another with programs of the test's own; how many arrived. */
async function arrivals(cluster: LocalCluster, from: string, to: string, port: number): Promise<number> {
  const say = `import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(${COUNT}): s.sendto(str(n).encode(), ("${cluster.address(to)}", ${port})); time.sleep(0.001)`;
  const there = await hear(cluster, to, port);
  await onNode(cluster, from, `python3 -c '${say}'`);
  return (await there.heard()).length;
}

/** A user's own firewall, which must be the same afterwards. */
const OWN =
  "add table inet mine; add chain inet mine input { type filter hook input priority 0; policy accept; }; add rule inet mine input tcp dport 9 drop";

test("packets are lost in the direction asked for, and only there", async () => {
  const cluster = await nodes();
  await onNode(cluster, "n2", `nft '${OWN}'`);
  const rules = await onNode(cluster, "n2", "nft list ruleset");
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "packet", f: "start-packet", value: { kind: "loss", percent: 30, links: { n1: ["n2"] } } },
      { at: 9, family: "packet", f: "stop-packet" },
    ],
    10,
  );
  await running.done("start-packet");
  const there = await arrivals(cluster, "n1", "n2", 7001);
  const back = await arrivals(cluster, "n2", "n1", 7002);
  const elsewhere = await arrivals(cluster, "n3", "n2", 7003);
  const result = await running;
  expectVerdict(result, true);
  expect(there / COUNT).toBeGreaterThan(0.58);
  expect(there / COUNT).toBeLessThan(0.82);
  expect(back).toBeGreaterThan(COUNT * 0.97);
  expect(elsewhere).toBeGreaterThan(COUNT * 0.97);
  expect(result.fault("start-packet").evidence?.summary).toContain("30 % of packets lost over 1 directions");
  expect(result.results.checkers.faults.families.packet).toMatchObject({ installs: { proven: 1 }, valid: true });
  expect(await onNode(cluster, "n2", "nft list ruleset")).toBe(rules);
});

test("a rule that is taken away behind the harness's back makes it indeterminate", async () => {
  const cluster = await nodes();
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "packet", f: "start-packet", value: { kind: "loss", percent: 40, nodes: ["n4"] } },
      { at: 5, family: "packet", f: "stop-packet" },
    ],
    6,
  );
  await running.done("start-packet");
  await onNode(cluster, "n4", `nft delete table inet ${TABLE}`);
  const result = await running;
  expectVerdict(result, "unknown");
  expect(result.fault("start-packet")).toMatchObject({ type: "ok", evidence: { proven: true } });
  expect(result.fault("stop-packet")).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(result.fault("stop-packet").evidence?.summary).toContain("n1 to n4: 0 % were lost");
});

test("what the kernel lacks is said before the test starts, in one sentence", async () => {
  const cluster = await nodes();
  const { code } = await (await cluster.session("n1")).exec([
    "sh",
    "-c",
    "tc qdisc add dev lo root netem delay 1ms && tc qdisc del dev lo root",
  ]);
  if (code === 0) return; // this kernel has netem: nothing is lacking
  const store = await folder();
  const argv = [
    "run",
    "etcd",
    "--nemesis",
    "packet",
    "--packet",
    "delay,loss",
    "--cluster",
    cluster.id,
    "--store",
    store,
  ];
  const refused = await cli([...argv, "--time-limit", "6"]);
  expect(refused.code).toBe(254);
  expect(refused.stderr).toMatch(
    /Packet delay needs netem, which n1, n2, n3, n4, n5 have not .*--nemesis-missing skip/,
  );
});
