import { spawn } from "node:child_process";
import { join } from "node:path";
import { Command } from "commander";
import { destroyCluster, LocalCluster } from "../cluster/local/local-cluster.ts";
import { allRecords, type ClusterRecord, clusterDirectory, isAlive, loadRecord } from "../cluster/local/registry.ts";
import { JepsenError } from "../errors.ts";
import { LOCAL_NODES } from "./cluster-choice.ts";

async function stateOf(record: ClusterRecord): Promise<"in use" | "up" | "left behind"> {
  if (record.owner) return (await isAlive(record.owner)) ? "in use" : "left behind";
  const alive = await Promise.all(
    record.nodes.map(async (node) => node.keeper !== undefined && (await isAlive(node.keeper))),
  );
  return alive.every(Boolean) ? "up" : "left behind";
}

async function oneCluster(id: string | undefined): Promise<ClusterRecord> {
  const records = await allRecords();
  if (id !== undefined) {
    const record = await loadRecord(id);
    if (record) return record;
    throw new JepsenError(
      "usage",
      `There is no local cluster "${id}". Clusters on this machine: ${records.map((each) => each.id).join(", ") || "none"}.`,
    );
  }
  const [only] = records;
  if (only && records.length === 1) return only;
  if (only)
    throw new JepsenError(
      "usage",
      `Several clusters are up: name one with --id (${records.map((each) => each.id).join(", ")}).`,
    );
  throw new JepsenError("usage", "No local cluster is up: make one with `jepsen-ts cluster up`.");
}

function needRoot(): void {
  if (process.getuid?.() !== 0)
    throw new JepsenError("environment", "Local nodes are made, entered and removed by root: use sudo.");
}

/** `cluster up|down|status|ssh`: local nodes that stay until they are taken down. */
export function clusterCommand(): Command {
  const command = new Command("cluster").description("local nodes that stay up between runs").enablePositionalOptions();
  command
    .command("up")
    .description("make five nodes, n1 to n5, on this machine")
    .option("--node-disk <size>", "disk of each node, in memory", "4g")
    .action(async ({ nodeDisk }: { nodeDisk: string }) => {
      if (!/^\d+[kmg]$/i.test(nodeDisk))
        throw new JepsenError("usage", `--node-disk takes a size like 4g or 512m, not "${nodeDisk}".`);
      const cluster = new LocalCluster({ nodes: LOCAL_NODES, disk: nodeDisk, owned: false });
      await cluster.up();
      const { id } = cluster;
      await cluster.down({ destroy: false });
      process.stdout.write(`${id}\n`);
      process.stderr.write(
        `Cluster ${id} is up. Use it: jepsen-ts run etcd --cluster ${id}; enter it: jepsen-ts cluster ssh n1; remove it: jepsen-ts cluster down ${id}\n`,
      );
    });
  command
    .command("down")
    .description("remove the named cluster, or all whose run is over")
    .argument("[id]", "the cluster's id")
    .option("--all", "also those in use by a live run")
    .action(async (id: string | undefined, { all }: { all?: boolean }) => {
      needRoot();
      const records = id === undefined ? await allRecords() : [await oneCluster(id)];
      for (const record of records) {
        if (id === undefined && !all && (await stateOf(record)) === "in use") {
          process.stderr.write(`Cluster ${record.id} is in use by process ${record.owner?.pid} and stays.\n`);
          continue;
        }
        await destroyCluster(record);
        process.stdout.write(`removed ${record.id}\n`);
      }
      if (records.length === 0) process.stderr.write("No local cluster is there.\n");
    });
  command
    .command("status")
    .description("list the local clusters")
    .option("--json", "print one JSON object")
    .action(async ({ json }: { json?: boolean }) => {
      const clusters = await Promise.all(
        (await allRecords()).map(async (record) => ({ ...record, state: await stateOf(record) })),
      );
      if (json) process.stdout.write(`${JSON.stringify({ clusters })}\n`);
      else if (clusters.length === 0) process.stdout.write("no local cluster\n");
      for (const { id, nodes, owner, state } of json ? [] : clusters) {
        const by = owner ? `, process ${owner.pid}` : "";
        process.stdout.write(
          `${id}  ${state}${by}  ${nodes.map((node) => `${node.name} ${node.address}`).join("  ")}\n`,
        );
      }
    });
  command
    .command("ssh")
    .description("a shell on a node, or one command there")
    .argument("<node>")
    .argument("[command...]")
    .option("--id <id>", "the cluster, when several are up")
    .passThroughOptions()
    .action(async (name: string, argv: string[], { id }: { id?: string }) => {
      needRoot();
      const record = await oneCluster(id);
      const node = record.nodes.find((each) => each.name === name);
      if (!node)
        throw new JepsenError(
          "usage",
          `Cluster ${record.id} has no node "${name}": choose from ${record.nodes.map((each) => each.name).join(", ")}.`,
        );
      const key = join(clusterDirectory(record.id), "id_ed25519");
      const trust = [
        "-o",
        "StrictHostKeyChecking=yes",
        "-o",
        `KnownHostsCommand=/bin/echo ${node.address} ${node.hostKey}`,
        "-o",
        "UserKnownHostsFile=none",
        "-o",
        "GlobalKnownHostsFile=none",
      ];
      const child = spawn("ssh", ["-F", "none", "-i", key, ...trust, `root@${node.address}`, ...argv], {
        stdio: "inherit",
      });
      process.exitCode = await new Promise<number>((resolve, reject) => {
        child.once("error", (error) =>
          reject(new JepsenError("environment", `Cannot start ssh: ${error.message}.`, {}, error)),
        );
        child.once("close", (code) => resolve(code ?? 255));
      });
    });
  return command;
}
