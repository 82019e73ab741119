import { networkInterfaces } from "node:os";
import { hostCommand } from "../host-command.ts";
import type { ClusterRecord } from "./registry.ts";

/** Whether an interface of this machine already lives in 10.233.SUBNET.0/24. */
export function subnetInUse(subnet: number): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.some(({ address }) => address.startsWith(`10.233.${subnet}.`));
}

/** The address of node number `index` (from 0). */
export function nodeAddress(subnet: number, index: number): string {
  return `10.233.${subnet}.${101 + index}`;
}

/** The control process's own address on the cluster's network. */
export function hostAddress(subnet: number): string {
  return `10.233.${subnet}.1`;
}

/** The same node's IPv6 address (a unique local one), so that faults on both families can be shown. */
export function nodeAddress6(subnet: number, index: number): string {
  return `fd10:233:${subnet}::${101 + index}`;
}

async function ipBatch(namespace: string | undefined, lines: readonly string[]): Promise<void> {
  const where = namespace === undefined ? [] : (["-n", namespace] as const);
  await hostCommand(["ip", ...where, "-batch", "-"], { stdin: `${lines.join("\n")}\n` });
}

/**
 * The cluster's wires. The bridge has a network namespace of its own, with one veth to the host: there the host's
 * forward policy (Docker sets it to drop) cannot cut node from node.
 */
export async function makeNetwork(record: ClusterRecord): Promise<void> {
  const { bridgeNamespace: bridge, hostLink, nodes, subnet } = record;
  await ipBatch(undefined, [
    `netns add ${bridge}`,
    ...nodes.map((node) => `netns add ${node.namespace}`),
    `link add ${hostLink} type veth peer name host netns ${bridge}`,
    ...nodes.map((node, i) => `link add eth0 netns ${node.namespace} type veth peer name p${i} netns ${bridge}`),
    `addr add ${hostAddress(subnet)}/24 dev ${hostLink}`,
    `link set ${hostLink} up`,
  ]);
  await Promise.all([
    ipBatch(bridge, [
      "link add br0 type bridge",
      "link set br0 up",
      ...["host", ...nodes.map((_, i) => `p${i}`)].map((port) => `link set ${port} master br0 up`),
    ]),
    ...nodes.map((node, i) =>
      ipBatch(node.namespace, [
        "link set lo up",
        `addr add ${node.address}/24 dev eth0`,
        `addr add ${nodeAddress6(subnet, i)}/64 dev eth0 nodad`,
        "link set eth0 up",
      ]),
    ),
  ]);
}

/** Removes what of it exists: an interrupted `up` leaves only a part. */
export async function removeNetwork(record: ClusterRecord): Promise<void> {
  const listed = await hostCommand(["ip", "netns", "list"]);
  const there = new Set(listed.split("\n").map((line) => line.split(" ")[0]));
  const namespaces = [record.bridgeNamespace, ...record.nodes.map((node) => node.namespace)].filter((name) =>
    there.has(name),
  );
  const links = (await hostCommand(["ip", "-o", "link", "show"])).includes(`: ${record.hostLink}@`)
    ? [`link del ${record.hostLink}`]
    : [];
  const lines = [...links, ...namespaces.map((name) => `netns del ${name}`)];
  if (lines.length > 0) await ipBatch(undefined, lines);
}

/** The processes in a network namespace; [] when there is no such namespace. */
export async function namespacePids(namespace: string): Promise<readonly number[]> {
  const there = (await hostCommand(["ip", "netns", "list"]))
    .split("\n")
    .some((line) => line.split(" ")[0] === namespace);
  if (!there) return [];
  const out = await hostCommand(["ip", "netns", "pids", namespace]);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}
