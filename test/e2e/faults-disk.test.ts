import { expect, test } from "vitest";
import type { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { expectVerdict, nodes } from "./cli.ts";
import { etcdOn, onNode, runFaults } from "./faults-run.ts";

const DIRECTORY = "/var/lib/jepsen-ts/etcd";
const MIB = 1 << 20;
/** Enough for etcd to go on: what it does on a disk without any room is its own matter. */
const VALUE = { nodes: ["n2"], reserveBytes: 100 * MIB };

async function freeMib(cluster: LocalCluster, node: string): Promise<number> {
  return Number(await onNode(cluster, node, "df -P -k /var | awk 'NR == 2 { print int($4 / 1024) }'"));
}

const isFull = async (cluster: LocalCluster) => (await freeMib(cluster, "n2")) < 110;

test("a full disk has no room for anybody, and has it again afterwards", async () => {
  const cluster = await nodes();
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "disk", f: "fill-disk", value: VALUE },
      { at: 5, family: "disk", f: "free-disk" },
    ],
    6,
  );
  await running.done("fill-disk");
  expect(await isFull(cluster)).toBe(true);
  const session = await cluster.session("n2");
  // etcd, which gives up where it finds no room, stands still meanwhile
  const etcd = (await etcdOn(cluster, "n2"))?.pid;
  const ask = `import os, signal
os.kill(${etcd}, signal.SIGSTOP)
try:
    while open("/proc/${etcd}/stat").read().rsplit(") ")[1][0] != "T": pass
    f = os.open("/var/tmp/mine", os.O_CREAT | os.O_WRONLY); os.unlink("/var/tmp/mine")
    os.posix_fallocate(f, 0, ${150 * MIB})
finally: os.kill(${etcd}, signal.SIGCONT)`;
  const refused = await session.exec(["python3", "-c", ask]);
  expect(refused.stderr).toContain("No space left on device");
  expect(await freeMib(cluster, "n1")).toBeGreaterThan(300);
  const result = await running;
  expectVerdict(result, true);
  expect(result.fault("fill-disk")).toMatchObject({ type: "ok", evidence: { proven: true } });
  expect(result.fault("free-disk")).toMatchObject({ type: "ok", evidence: { proven: true } });
  expect(await freeMib(cluster, "n2")).toBeGreaterThan(300);
  expect(await onNode(cluster, "n2", `ls -a ${DIRECTORY} 2>/dev/null || true`)).not.toContain("ballast");
});

test("room that somebody makes behind the harness's back makes it indeterminate", async () => {
  const cluster = await nodes();
  const running = runFaults(
    cluster,
    [
      { at: 1, family: "disk", f: "fill-disk", value: VALUE },
      { at: 7, family: "disk", f: "free-disk" },
    ],
    8,
  );
  await running.done("fill-disk");
  await onNode(cluster, "n2", `rm ${DIRECTORY}/.jepsen-ts-ballast`);
  const result = await running;
  expectVerdict(result, "unknown");
  expect(result.fault("fill-disk")).toMatchObject({ type: "ok" });
  expect(result.fault("free-disk")).toMatchObject({ type: "info", evidence: { proven: false } });
});
