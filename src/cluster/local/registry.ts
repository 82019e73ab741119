import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { JepsenError } from "../../errors.ts";
import { isAlive, type ProcessIdentity } from "../process-identity.ts";

/** Where clusters of this machine are recorded: memory that a reboot empties, as it ends the nodes. */
export const REGISTRY = "/run/jepsen-ts";

/** Against an endless loop only, where even the registry's parent is missing. */
const CLAIM_TRIES_MAX = 10_000;

/** One node as it is recorded. */
export interface NodeRecord {
  readonly name: string;
  readonly address: string;
  readonly namespace: string;
  readonly hostKey: string;
  /** The process outside that holds the node's namespaces; SIGKILL ends the node. */
  readonly keeper?: ProcessIdentity;
}

/** One cluster as it is recorded, in REGISTRY/clusters/ID/cluster.json. */
export interface ClusterRecord {
  readonly format: 1;
  readonly id: string;
  /** The third byte of its network, 10.233.SUBNET.0/24. */
  readonly subnet: number;
  readonly bridgeNamespace: string;
  readonly hostLink: string;
  readonly nodes: readonly NodeRecord[];
  /** The run that made it and will take it down; absent for a cluster that was brought up to stay. */
  readonly owner?: ProcessIdentity;
}

/** Where a cluster's files are: its record, its key, and what its nodes mount. */
export function clusterDirectory(id: string, registry: string = REGISTRY): string {
  return join(registry, "clusters", id);
}

/** Replaces the record atomically. */
export async function saveRecord(record: ClusterRecord): Promise<void> {
  const path = join(clusterDirectory(record.id), "cluster.json");
  await writeFile(`${path}.new`, JSON.stringify(record, undefined, 2));
  await rename(`${path}.new`, path);
}

/** The record of a cluster; undefined when there is none or it was never finished. */
export async function loadRecord(id: string): Promise<ClusterRecord | undefined> {
  const text = await readFile(join(clusterDirectory(id), "cluster.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ClusterRecord);
}

/** All recorded clusters, oldest first. */
export async function allRecords(): Promise<readonly ClusterRecord[]> {
  const ids = await readdir(join(REGISTRY, "clusters")).catch(() => [] as string[]);
  const records = await Promise.all(
    ids.map(async (id) => ({
      record: await loadRecord(id),
      made: (await stat(clusterDirectory(id)).catch(() => undefined))?.birthtimeMs ?? 0,
    })),
  );
  return records.sort((a, b) => a.made - b.made).flatMap(({ record }) => (record ? [record] : []));
}

/** Nodes of a cluster that are not there any more, by name: whoever held their namespaces has ended. */
export async function goneNodes(record: ClusterRecord): Promise<readonly string[]> {
  const lives = await Promise.all(record.nodes.map(({ keeper }) => (keeper ? isAlive(keeper) : false)));
  return record.nodes.filter((_, i) => !lives[i]).map(({ name }) => name);
}

/** Makes a directory, of which only one process can be the maker; false when it is there already. */
async function make(directory: string, mode?: number): Promise<boolean> {
  try {
    await mkdir(directory, mode);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Makes REGISTRY/FOLDER/NAME, which nobody had; false when somebody has it. One directory after another, as `recursive`
 * gives up with ENOTDIR when a parent is removed meanwhile.
 */
async function claim(registry: string, folder: string, name: string, mode?: number): Promise<boolean> {
  for (let tries = 0; ; tries++) {
    try {
      await make(registry);
      await make(join(registry, folder));
      return await make(join(registry, folder, name), mode);
    } catch (error) {
      // somebody who gave the last cluster up removed the parent just now
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || tries >= CLAIM_TRIES_MAX) throw error;
    }
  }
}

/** Makes a cluster's own directory, which nobody else may enter. */
export async function claimDirectory(id: string, registry: string = REGISTRY): Promise<void> {
  await claim(registry, "clusters", id, 0o700);
}

/**
 * Claims a free subnet for a cluster. The claim is a directory made with mkdir, which only one process can win, so
 * clusters that come up at the same moment never share a network. Subnets in use by other interfaces are passed over.
 */
export async function claimSubnet(
  id: string,
  inUse: (subnet: number) => boolean,
  registry: string = REGISTRY,
): Promise<number> {
  const claims = join(registry, "subnets");
  for (let subnet = 0; subnet < 255; subnet++) {
    if (inUse(subnet)) continue;
    if (!(await claim(registry, "subnets", String(subnet)))) continue;
    await writeFile(join(claims, String(subnet), "cluster"), id);
    return subnet;
  }
  throw new JepsenError(
    "environment",
    "All 255 networks 10.233.x.0/24 are taken: remove clusters with `jepsen-ts cluster down --all`.",
  );
}

/** Forgets a cluster that is gone, and the registry itself when it was the last one. */
export async function forget(record: Pick<ClusterRecord, "id" | "subnet">, registry: string = REGISTRY): Promise<void> {
  await rm(join(registry, "subnets", String(record.subnet)), { recursive: true, force: true });
  await rm(clusterDirectory(record.id, registry), { recursive: true, force: true });
  for (const folder of ["subnets", "clusters", ""]) {
    await rmdir(join(registry, folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT") throw error;
    });
  }
}
