import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { JepsenError } from "../../errors.ts";

/** Where clusters of this machine are recorded: memory that a reboot empties, as it ends the nodes. */
export const REGISTRY = "/run/jepsen-ts";

/** A process that cannot be mistaken for another one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks between boot and its start. */
  readonly startTicks: number;
}

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

/** The identity of a live process; undefined when there is none (zombies are dead). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  return { pid, startTicks: Number(fields[19]) };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startTicks === identity.startTicks;
}

export function clusterDirectory(id: string): string {
  return join(REGISTRY, "clusters", id);
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

function isExists(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EEXIST";
}

/**
 * Claims a free subnet for a cluster. The claim is a directory made with mkdir, which only one process can win, so
 * clusters that come up at the same moment never share a network. Subnets in use by other interfaces are passed over.
 */
export async function claimSubnet(id: string, inUse: (subnet: number) => boolean): Promise<number> {
  const claims = join(REGISTRY, "subnets");
  await mkdir(claims, { recursive: true });
  for (let subnet = 0; subnet < 255; subnet++) {
    if (inUse(subnet)) continue;
    try {
      await mkdir(join(claims, String(subnet)));
    } catch (error) {
      if (isExists(error)) continue;
      throw error;
    }
    await writeFile(join(claims, String(subnet), "cluster"), id);
    return subnet;
  }
  throw new JepsenError(
    "environment",
    "All 255 networks 10.233.x.0/24 are taken: remove clusters with `jepsen-ts cluster down --all`.",
  );
}

export async function releaseSubnet(subnet: number): Promise<void> {
  await rm(join(REGISTRY, "subnets", String(subnet)), { recursive: true, force: true });
}

/** Forgets a cluster that is gone, and the registry itself when it was the last one. */
export async function forget(record: Pick<ClusterRecord, "id" | "subnet">): Promise<void> {
  await releaseSubnet(record.subnet);
  await rm(clusterDirectory(record.id), { recursive: true, force: true });
  for (const folder of ["subnets", "clusters", ""]) {
    await rmdir(join(REGISTRY, folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT") throw error;
    });
  }
}
