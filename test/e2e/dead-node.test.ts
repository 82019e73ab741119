import { expect, onTestFinished, test } from "vitest";
import { LOCAL_NODES } from "../../src/cli/cluster-choice.ts";
import { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { loadRecord } from "../../src/cluster/local/registry.ts";
import { nodeHolder } from "../../src/control/node-guard.ts";
import { cli, expectVerdict, folder, readText } from "./cli.ts";
import { etcdOn, onNode, runFaults } from "./faults-run.ts";

test("a node that dies in a run is told once; the others are healed and given back, and the run is judged", async () => {
  const cluster = new LocalCluster({ nodes: LOCAL_NODES, disk: "1g", owned: false }); // as `cluster up` makes it
  await cluster.up();
  onTestFinished(() => cluster.down({ destroy: true }));
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "partition", f: "start-partition", value: { nodes: ["n2"] } },
      { at: 1, family: "pause", f: "pause", value: { nodes: ["n3"] } },
    ],
    4,
  );
  await running.done("start-partition");
  await running.done("pause");
  const record = await loadRecord(cluster.id);
  process.kill(record?.nodes.find(({ name }) => name === "n2")?.keeper?.pid as number, "SIGKILL");
  const result = await running;
  expectVerdict(result, "unknown");
  expect(result.results.checkers.workload.valid).toBe(true);
  expect(result.outcome.failure).toBeUndefined();
  expect(result.outcome.problems).toEqual([
    expect.stringMatching(/^Node n2 was out of reach at the end .*\(partition\) it undoes by itself/),
  ]);
  const log = await readText(result.directory, "jepsen.log");
  expect(log.match(/Node n2 is left alone/g)).toHaveLength(1);
  expect(result.fault("heal-pause").evidence?.summary).toMatch(/^n2: .*stands still on n1, n3, n4, n5\.$/);
  for (const node of ["n1", "n3", "n4", "n5"]) {
    expect(await nodeHolder(await cluster.session(node)), node).toBeUndefined();
    expect(await etcdOn(cluster, node), node).toBeUndefined();
    expect(await onNode(cluster, node, "nft list tables"), node).not.toContain("jepsen_ts");
  }

  const { stdout } = await cli(["cluster", "status"]);
  expect(stdout).toMatch(/n2 [0-9.]+ \(gone\) {2}n3 [0-9.]+ {2}/);
  const doctor = await cli(["doctor", "--cluster", cluster.id]);
  expect(doctor).toMatchObject({ code: 254, stdout: expect.stringMatching(/^no +n2 +Cannot reach n2/m) });
  const another = await cli(["run", "etcd", "--cluster", cluster.id, "--store", await folder()]);
  expect(another).toMatchObject({
    code: 254,
    stderr: expect.stringContaining(`Of local cluster ${cluster.id}, n2 is gone`),
  });
});
