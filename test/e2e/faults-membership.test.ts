import { expect, test } from "vitest";
import type { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { expectVerdict, nodes } from "./cli.ts";
import { etcdOn, onNode, runFaults, until } from "./faults-run.ts";

/** etcd refuses changes before its members have been connected for 5 s. */
const HEALTHY_S = 6;

/** The members as one node's etcd tells them to etcdctl's own question, by name. */
async function membersSeenBy(cluster: LocalCluster, node: string): Promise<string> {
  const ask = `curl -s -m 2 -X POST http://${cluster.address(node)}:2379/v3/cluster/member/list -d '{}' || true`;
  const program = `import json, sys
try: print(" ".join(sorted(m.get("name", "?") + ("*" if m.get("isLearner") else "") for m in json.load(sys.stdin)["members"])))
except ValueError: print("")`;
  return onNode(cluster, node, `(${ask}) | python3 -c '${program}'`);
}

/** Whether these nodes' etcd have one leader, and it is one of them. */
async function haveLeader(cluster: LocalCluster, nodes: readonly string[]): Promise<boolean> {
  const ask = (node: string) =>
    `curl -s -m 2 -X POST http://${cluster.address(node)}:2379/v3/maintenance/status -d '{}'; echo`;
  const said = await onNode(cluster, "n4", `${nodes.map(ask).join("; ")}; true`);
  const answers = said.split("\n").filter((line) => line.startsWith("{"));
  const leaders = new Set(answers.map((line) => JSON.parse(line).leader));
  const ids = answers.map((line) => JSON.parse(line).header.member_id);
  return answers.length === nodes.length && leaders.size === 1 && ids.some((id) => leaders.has(id));
}

test("a member leaves and joins again as a member of its own, as another member tells it", async () => {
  const cluster = await nodes();
  const running = runFaults(
    cluster,
    [
      { at: HEALTHY_S, family: "membership", f: "remove-member", value: { nodes: ["n2"] } },
      { at: HEALTHY_S + 3.5, family: "membership", f: "add-member" },
    ],
    HEALTHY_S + 15, // it takes nine seconds to join when n2 was the leader, and must be seen before the end
  );
  await until(async () => (await membersSeenBy(cluster, "n4")) === "n1 n2 n3 n4 n5");
  await until(async () => (await membersSeenBy(cluster, "n4")) === "n1 n3 n4 n5");
  await until(async () => (await etcdOn(cluster, "n2")) === undefined, 5_000);
  await until(async () => (await membersSeenBy(cluster, "n4")) === "n1 n2 n3 n4 n5");
  await until(async () => (await membersSeenBy(cluster, "n2")) === "n1 n2 n3 n4 n5");
  const result = await running;
  expectVerdict(result, true);
  expect(result.results.checkers.faults.families.membership).toMatchObject({ valid: true, installs: { proven: 1 } });
  expect(result.results.checkers.crashes.unexpected).toEqual([]);
  expect(result.fault("remove-member").evidence?.summary).toContain("see the members n1, n3, n4, n5");
});

test("a member that somebody else adds makes it indeterminate", async () => {
  const cluster = await nodes();
  const running = runFaults(
    cluster,
    [
      { at: HEALTHY_S, family: "membership", f: "remove-member", value: { nodes: ["n2"] } },
      { at: HEALTHY_S + 9, family: "membership", f: "add-member" },
    ],
    HEALTHY_S + 10,
  );
  await until(async () => (await membersSeenBy(cluster, "n4")) === "n1 n2 n3 n4 n5");
  await until(async () => (await membersSeenBy(cluster, "n4")) === "n1 n3 n4 n5");
  await running.done("remove-member");
  // when n2 was the leader, the others still send it what shall be changed, and nobody ever answers that
  await until(() => haveLeader(cluster, ["n1", "n3", "n4", "n5"]));
  const request = JSON.stringify({ peerURLs: [`http://${cluster.address("n2")}:2380`] });
  const add = `curl -s -m 5 -X POST http://${cluster.address("n4")}:2379/v3/cluster/member/add -d '${request}'`;
  expect(JSON.parse(await onNode(cluster, "n4", add))).toHaveProperty("member");
  const result = await running;
  expectVerdict(result, "unknown");
  expect(result.fault("add-member")).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(result.fault("add-member").evidence?.summary).toContain(
    "n2 was a member again although nobody here had added it",
  );
  expect(result.fault("heal-membership")).toMatchObject({ type: "ok", evidence: { proven: true } });
});
