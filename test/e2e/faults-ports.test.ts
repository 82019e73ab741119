import { connect } from "node:net";
import { expect, test } from "vitest";
import type { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { expectVerdict, nodes } from "./cli.ts";
import { connects, onNode, runFaults, until } from "./faults-run.ts";

const TABLE = "jepsen_ts_ports";
const hasTable = async (cluster: LocalCluster, node: string) =>
  (await (await cluster.session(node)).exec(["nft", "list", "table", "inet", TABLE])).code === 0;

/** The same from this machine, where the control process lives. */
function connectsFromHere(cluster: LocalCluster, to: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: cluster.address(to), port, timeout: 1000 });
    const end = (came: boolean) => {
      socket.destroy();
      resolve(came);
    };
    socket
      .once("connect", () => end(true))
      .once("timeout", () => end(false))
      .once("error", () => end(false));
  });
}

test("only peers are cut off, only clients are, and a cut that somebody opens is indeterminate", async () => {
  const cluster = await nodes();
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "ports", f: "cut-ports", value: { kind: "peer", nodes: ["n2"] } },
      { at: 7, family: "ports", f: "open-ports" },
      { at: 9, family: "ports", f: "cut-ports", value: { kind: "client", nodes: ["n3"] } },
      { at: 16, family: "ports", f: "open-ports" },
    ],
    17,
  );
  await until(() => hasTable(cluster, "n2"));
  expect(await connects(cluster, "n1", "n2", 2380)).toBe(false);
  expect(await connects(cluster, "n1", "n2", 2379)).toBe(true);
  expect(await connects(cluster, "n1", "n3", 2380)).toBe(true);
  await until(() => hasTable(cluster, "n3"));
  expect(await connects(cluster, "n1", "n3", 2379)).toBe(false);
  expect(await connects(cluster, "n1", "n3", 2380)).toBe(true);
  expect(await connectsFromHere(cluster, "n3", 2379)).toBe(false); // clients live beside the control process
  expect(await connectsFromHere(cluster, "n4", 2379)).toBe(true);
  await running.done("cut-ports", 2);
  await onNode(cluster, "n3", `nft delete table inet ${TABLE}`);
  const result = await running;
  const [first, opened, second, sabotaged] = result.faults;
  expect(first).toMatchObject({ type: "ok", value: { kind: "peer", ports: [2380] }, evidence: { proven: true } });
  expect(opened).toMatchObject({ type: "ok", evidence: { proven: true } });
  expect(second).toMatchObject({ type: "ok", value: { kind: "client" } });
  expect(second?.evidence?.details).toMatchObject({
    connections: { "the control process": { n2: { 2379: true }, n3: { 2379: false } } },
  });
  expect(sabotaged).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(sabotaged?.evidence?.summary).toContain("still reaches port 2379 of n3");
  expectVerdict(result, true); // one cut was proven, and in the end all ports are open
});
