import { expect, test } from "vitest";
import { sleep } from "../../src/clock.ts";
import type { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { nodes } from "./cli.ts";
import { connects, onNode, runFaults, until } from "./faults-run.ts";

const TABLE = "jepsen_ts_ports";
const hasTable = async (cluster: LocalCluster, node: string) =>
  (await (await cluster.session(node)).exec(["nft", "list", "table", "inet", TABLE])).code === 0;

test("only peers are cut off, only clients are, and a cut that somebody opens is indeterminate", async () => {
  const cluster = await nodes();
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "ports", f: "cut-ports", value: { kind: "peer", nodes: ["n2"] } },
      { at: 6, family: "ports", f: "open-ports" },
      { at: 9, family: "ports", f: "cut-ports", value: { kind: "client", nodes: ["n3"] } },
      { at: 14, family: "ports", f: "open-ports" },
    ],
    16,
  );
  await until(() => hasTable(cluster, "n2"));
  expect(await connects(cluster, "n1", "n2", 2380)).toBe(false);
  expect(await connects(cluster, "n1", "n2", 2379)).toBe(true);
  expect(await connects(cluster, "n1", "n3", 2380)).toBe(true);
  await until(() => hasTable(cluster, "n3"));
  expect(await connects(cluster, "n1", "n3", 2379)).toBe(false);
  expect(await connects(cluster, "n1", "n3", 2380)).toBe(true);
  await sleep(2000);
  await onNode(cluster, "n3", `nft delete table inet ${TABLE}`);
  const result = await running;
  const [first, opened, second, sabotaged] = result.faults;
  expect(first).toMatchObject({ type: "ok", value: { kind: "peer", ports: [2380] }, evidence: { proven: true } });
  expect(opened).toMatchObject({ type: "ok", evidence: { proven: true } });
  expect(second).toMatchObject({ type: "ok", value: { kind: "client" } });
  expect(sabotaged).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(sabotaged?.evidence?.summary).toContain("still reaches port 2379 of n3");
  expect(result).toMatchObject({ code: 0, valid: true }); // one cut was proven, and in the end all ports are open
});
