import { Containers } from "../cluster/nixos/containers.ts";
import { descriptionFile, type NixosDescription, readDescription } from "../cluster/nixos/description.ts";
import { claimHolder } from "../cluster/nixos/host-claim.ts";
import { NixosCluster } from "../cluster/nixos/nixos-cluster.ts";
import { JepsenError } from "../errors.ts";

/** How the containers of this host stand, for `cluster status`. */
export interface NixosStatus {
  readonly id: "nixos";
  readonly state: "in use" | "up" | "partly up" | "down";
  /** The process of this host whose run has them. */
  readonly owner?: { readonly pid: number };
  readonly nodes: readonly {
    readonly name: string;
    readonly address: string;
    readonly unit: string;
    readonly active: string;
  }[];
}

/** The containers of this host; undefined where the NixOS module is not active. */
export async function nixosStatus(): Promise<NixosStatus | undefined> {
  if (!(await NixosCluster.isActive())) return undefined;
  const description = await described();
  const states = await new Containers().states(description.nodes.map((node) => node.unit));
  const nodes = description.nodes.map(({ name, address, unit }) => ({
    name,
    address,
    unit,
    active: states.get(unit)?.active ?? "unknown",
  }));
  const pid = await claimHolder(descriptionFile());
  const up = nodes.filter((node) => node.active === "active").length;
  const standing = up === nodes.length ? "up" : up === 0 ? "down" : "partly up";
  return {
    id: "nixos",
    state: pid === undefined ? standing : "in use",
    ...(pid === undefined ? {} : { owner: { pid } }),
    nodes,
  };
}

/** Starts those that are down, and waits until all answer. */
export async function nixosUp(): Promise<void> {
  const { nodes } = await described();
  await new Containers().start(nodes.map((node) => node.unit));
  const cluster = await NixosCluster.find("look");
  try {
    await cluster.up();
  } finally {
    await cluster.down({ destroy: false });
  }
}

/** Stops them; unless `force`, not those that a live run of this host has. Returns the process that has them, if it was refused. */
export async function nixosDown(force: boolean): Promise<number | undefined> {
  const { nodes } = await described();
  const pid = force ? undefined : await claimHolder(descriptionFile());
  if (pid === undefined) await new Containers().stop(nodes.map((node) => node.unit));
  return pid;
}

/** Arguments of ssh for a node: whom to call, with which key, and which host keys are right. */
export async function nixosSshArguments(name: string): Promise<readonly string[]> {
  const { identityFile, knownHosts, nodes, port, user } = await described();
  const node = nodes.find((each) => each.name === name);
  if (!node) {
    const names = nodes.map((each) => each.name).join(", ");
    throw new JepsenError("usage", `The NixOS cluster has no node "${name}": choose from ${names}.`);
  }
  const key = identityFile === null ? [] : ["-i", identityFile];
  const trust = ["-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${knownHosts}`];
  return ["-F", "none", ...key, ...trust, "-p", String(port), `${user}@${node.address}`];
}

async function described(): Promise<NixosDescription> {
  return (await readDescription()) ?? (await NixosCluster.find("look")).description;
}
