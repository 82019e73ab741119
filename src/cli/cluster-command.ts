import { spawn } from "node:child_process";
import { join } from "node:path";
import { Command } from "commander";
import { destroyCluster, LocalCluster } from "../cluster/local/local-cluster.ts";
import { allRecords, type ClusterRecord, clusterDirectory, goneNodes, loadRecord } from "../cluster/local/registry.ts";
import { NixosCluster } from "../cluster/nixos/nixos-cluster.ts";
import { isAlive } from "../cluster/process-identity.ts";
import { nodeHolder } from "../control/node-guard.ts";
import { onNodes } from "../control/on-nodes.ts";
import { JepsenError } from "../errors.ts";
import { type ClusterOptions, clusterOptions, newLocalCluster, refuseIdle } from "./cluster-choice.ts";
import { nixosDown, nixosSshArguments, nixosStatus, nixosUp } from "./nixos-nodes.ts";
import { addFlags, parseFlags } from "./option-flags.ts";

interface ClusterState {
  readonly state: "in use" | "up" | "left behind";
  /** Who uses it. */
  readonly by?: string;
  /** Nodes that are not there any more. */
  readonly gone?: readonly string[];
}

async function stateOf(record: ClusterRecord): Promise<ClusterState> {
  if (record.owner && (await isAlive(record.owner))) return { state: "in use", by: `process ${record.owner.pid}` };
  const gone = await goneNodes(record);
  const run = gone.length < record.nodes.length ? await runOn(record.id, gone) : undefined; // it may outlive who made its nodes
  if (run !== undefined) return { state: "in use", by: `run ${run}`, gone };
  return { state: !record.owner && gone.length === 0 ? "up" : "left behind", gone };
}

/** The live run that holds nodes of a cluster that it did not make, as those nodes say; one that cannot be asked says nothing. */
async function runOn(id: string, gone: readonly string[]): Promise<string | undefined> {
  const cluster = await LocalCluster.find(id);
  try {
    const nodes = cluster.nodes.filter((node) => !gone.includes(node));
    const holders = await onNodes(nodes, async (node) => nodeHolder(await cluster.session(node)));
    // a run that was killed holds its nodes until its lease is over
    const live = holders.find((each) => "value" in each && each.value?.alive && isRunning(each.value.control));
    return live && "value" in live ? live.value?.run : undefined;
  } finally {
    await cluster.down({ destroy: false });
  }
}

/** Whether a control process, `pid 4711`, is there: local nodes are only used from their own machine. */
function isRunning(control: string): boolean {
  const pid = Number(/^pid (\d+)$/.exec(control)?.[1]);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // another user's
  }
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

/** What a person who names none means: the containers of this host where the NixOS module is active, else local nodes. */
async function kindOf(asked: string | undefined): Promise<"nixos" | "local"> {
  if (asked === "nixos" || asked === "local") return asked;
  if (asked !== undefined) throw new JepsenError("usage", `--cluster takes local or nixos here, not "${asked}".`);
  return (await NixosCluster.isActive()) ? "nixos" : "local";
}

/** Arguments of ssh for a node of a local cluster. */
async function localSshArguments(name: string, id: string | undefined): Promise<readonly string[]> {
  const record = await oneCluster(id);
  const node = record.nodes.find((each) => each.name === name);
  if (!node)
    throw new JepsenError(
      "usage",
      `Cluster ${record.id} has no node "${name}": choose from ${record.nodes.map((each) => each.name).join(", ")}.`,
    );
  const options = [
    "StrictHostKeyChecking=yes",
    `KnownHostsCommand=/bin/echo ${node.address} ${node.hostKey}`,
    "UserKnownHostsFile=none",
    "GlobalKnownHostsFile=none",
  ].flatMap((option) => ["-o", option]);
  return ["-F", "none", "-i", join(clusterDirectory(record.id), "id_ed25519"), ...options, `root@${node.address}`];
}

async function makeLocal(disk: string | undefined): Promise<void> {
  const cluster = newLocalCluster({ disk, owned: false });
  await cluster.up();
  const { id } = cluster;
  await cluster.down({ destroy: false });
  process.stdout.write(`${id}\n`);
  process.stderr.write(
    `Cluster ${id} is up. Use it: jepsen-ts run etcd --cluster ${id}; enter it: jepsen-ts cluster ssh n1; remove it: jepsen-ts cluster down ${id}\n`,
  );
}

/** Removes local clusters; false when there was none. */
async function removeLocal(id: string | undefined, all: boolean): Promise<boolean> {
  const records = id === undefined ? await allRecords() : [await oneCluster(id)];
  if (records.length > 0) needRoot();
  for (const record of records) {
    const { state, by } = all ? ({ state: "up" } as const) : await stateOf(record);
    if (state === "in use") {
      const sentence = `Cluster ${record.id} is in use by ${by} and stays (--all removes it all the same).`;
      if (id !== undefined) throw new JepsenError("usage", sentence);
      process.stderr.write(`${sentence}\n`);
      continue;
    }
    await destroyCluster(record);
    process.stdout.write(`removed ${record.id}\n`);
  }
  return records.length > 0;
}

/** Stops this host's containers. */
async function stopNixos(force: boolean): Promise<void> {
  const pid = await nixosDown(force);
  if (pid === undefined) process.stdout.write("stopped nixos\n");
  else process.stderr.write(`The NixOS nodes are in use by process ${pid} and stay up.\n`);
}

const upOptions = clusterOptions.pick({ nodeDisk: true });

/** `cluster up|down|status|ssh`: nodes that stay until they are taken down. */
export function clusterCommand(): Command {
  const command = new Command("cluster")
    .description("nodes that stay up between runs: local ones, or the containers of a NixOS host")
    .enablePositionalOptions();
  const up = command
    .command("up")
    .description("make five nodes, n1 to n5, on this machine; on a host with the NixOS module, start its containers")
    .option("--cluster <kind>", "local or nixos (default: nixos where the module is active)");
  addFlags(up, upOptions, "Options:");
  up.action(async ({ cluster, ...flags }: { cluster?: string }) => {
    const options = parseFlags(clusterOptions, flags) as ClusterOptions;
    const kind = await kindOf(cluster);
    refuseIdle(options, kind);
    if (kind === "local") return makeLocal(options.nodeDisk);
    await nixosUp();
    process.stdout.write("nixos\n");
    process.stderr.write(
      "The NixOS nodes are up: jepsen-ts run etcd --cluster nixos; stop them: jepsen-ts cluster down nixos\n",
    );
  });
  command
    .command("down")
    .description(
      'remove the named cluster, or all local ones, unless a live run uses them; "nixos" stops this host\'s containers',
    )
    .argument("[id]", "a local cluster's id, or nixos")
    .option("--all", "also what a live run uses")
    .action(async (id: string | undefined, { all = false }: { all?: boolean }) => {
      if (id === "nixos") await stopNixos(all);
      else if (!(await removeLocal(id, all))) process.stderr.write("No local cluster is there.\n");
    });
  command
    .command("status")
    .description("list the clusters of this machine")
    .option("--json", "print one JSON object")
    .action(async ({ json }: { json?: boolean }) => {
      const local = await Promise.all(
        (await allRecords()).map(async (record) => ({ ...record, ...(await stateOf(record)) })),
      );
      const nixos = await nixosStatus();
      const clusters = [...(nixos ? [nixos] : []), ...local];
      if (json) process.stdout.write(`${JSON.stringify({ clusters })}\n`);
      else if (clusters.length === 0) process.stdout.write("no cluster\n");
      for (const { id, nodes, owner, state, ...more } of json ? [] : clusters) {
        const by = "by" in more ? more.by : owner && `process ${owner.pid}`;
        const shown = nodes.map((node) => {
          const down = "active" in node && node.active !== "active" ? ` (${node.active})` : "";
          const isGone = "gone" in more && more.gone?.includes(node.name);
          return `${node.name} ${node.address}${down}${isGone ? " (gone)" : ""}`;
        });
        process.stdout.write(`${id}  ${state}${by ? `, ${by}` : ""}  ${shown.join("  ")}\n`);
      }
    });
  command
    .command("ssh")
    .description("a shell on a node, or one command there")
    .argument("<node>")
    .argument("[command...]")
    .option("--id <id>", "the cluster, when several are up: a local one's id, or nixos")
    .passThroughOptions()
    .action(async (name: string, argv: string[], { id }: { id?: string }) => {
      if (/^--id(=|$)/.test(argv[0] ?? ""))
        throw new JepsenError("usage", `--id goes before the node: jepsen-ts cluster ssh --id ID ${name}.`);
      const nixos = id === "nixos" || (id === undefined && (await kindOf(undefined)) === "nixos");
      needRoot();
      const child = spawn(
        "ssh",
        [...(nixos ? await nixosSshArguments(name) : await localSshArguments(name, id)), ...argv],
        {
          stdio: "inherit",
        },
      );
      process.exitCode = await new Promise<number>((resolve, reject) => {
        child.once("error", (error) =>
          reject(new JepsenError("environment", `Cannot start ssh: ${error.message}.`, {}, error)),
        );
        child.once("close", (code) => resolve(code ?? 255));
      });
    });
  return command;
}
