import { z } from "zod";
import { InventoryCluster, readNodesFile } from "../cluster/inventory/inventory-cluster.ts";
import type { SshOptions } from "../cluster/inventory/ssh-targets.ts";
import { LocalCluster, type NodeLayout } from "../cluster/local/local-cluster.ts";
import { NixosCluster, type NixosPurpose } from "../cluster/nixos/nixos-cluster.ts";
import { JepsenError } from "../errors.ts";
import type { Cluster } from "../test.ts";
import { flagName } from "./option-flags.ts";

export const LOCAL_NODES = ["n1", "n2", "n3", "n4", "n5"] as const;

const DISK_DEFAULT = "4g";
/** A node keeps its programs' data and logs there: with less, no database comes up. */
const DISK_MIB_MIN = 64;
const UNIT_KIB: Readonly<Record<string, number>> = { k: 1, m: 1 << 10, g: 1 << 20 };

function isRoomy(size: string): boolean {
  const kib = Number.parseInt(size, 10) * (UNIT_KIB[size.slice(-1).toLowerCase()] ?? 0);
  return kib >= DISK_MIB_MIN << 10;
}

/** Which nodes: flags that several commands share. */
export const clusterOptions = z.object({
  cluster: z
    .string()
    .min(1)
    .optional()
    .describe(
      "where nodes come from: local (made for this run), nixos (this host's containers), the id of a local cluster that is up, or inventory (default: nixos where the NixOS module is active, else local)",
    ),
  nodes: z
    .array(z.string())
    .optional()
    .describe("machines of your own, reached by SSH: host, host:port or user@host:port"),
  nodesFile: z.string().min(1).optional().describe("the same from a file, one a line"),
  sshUser: z.string().min(1).optional().describe("who logs in (default: what ~/.ssh/config says, else root)"),
  sshPort: z
    .int()
    .min(1)
    .max(65535)
    .optional()
    .describe("port of the SSH servers (default: what ~/.ssh/config says, else 22)"),
  sshKey: z.string().min(1).optional().describe("private key file; without it those of ~/.ssh and the agent are tried"),
  sshConfig: z
    .string()
    .min(1)
    .optional()
    .describe("ssh configuration with aliases, users, keys and jump hosts (default ~/.ssh/config), or none"),
  sshJump: z
    .string()
    .min(1)
    .optional()
    .describe("jump hosts, as ssh -J takes them: host or user@host:port, several with commas"),
  sshPasswordFile: z
    .string()
    .min(1)
    .optional()
    .describe("file with the password for the nodes (or set JEPSEN_TS_SSH_PASSWORD)"),
  sudo: z.boolean().default(false).describe("become root by sudo on the nodes, for who may not log in as root"),
  sudoPasswordFile: z
    .string()
    .min(1)
    .optional()
    .describe("file with sudo's password (or set JEPSEN_TS_SUDO_PASSWORD; default: the one for SSH)"),
  knownHosts: z
    .string()
    .min(1)
    .optional()
    .describe("file with the machines' host keys (default: what ~/.ssh/config says, else ~/.ssh/known_hosts)"),
  insecureHostKeys: z.boolean().default(false).describe("accept any host key"),
  nodeDisk: z
    .string()
    .regex(/^\d+[kmg]$/i, "must be a size like 4g or 512m")
    .refine(isRoomy, `must be ${DISK_MIB_MIN}m at least`)
    .optional()
    .describe(`disk of each local node, in memory (default: ${DISK_DEFAULT})`),
});

export type ClusterOptions = z.infer<typeof clusterOptions>;

/**
 * What the flags come to: `inventory` for machines of one's own, else what --cluster says, else `nixos` where the
 * module is active on this host, else `local`. Rejects with JepsenError "usage" when flags contradict each other.
 */
export async function chosenCluster(options: ClusterOptions): Promise<string> {
  const { cluster } = options;
  if (options.nodes === undefined && options.nodesFile === undefined)
    return cluster ?? ((await NixosCluster.isActive()) ? "nixos" : "local");
  if (cluster === undefined || cluster === "inventory") return "inventory";
  throw new JepsenError(
    "usage",
    `--nodes names machines of your own and --cluster ${cluster} another cluster: give one of them.`,
  );
}

/**
 * The cluster that the flags name; `purpose` says whether containers of this host may be started and begin anew.
 * Rejects with JepsenError "usage", or "environment" when this host has no such cluster.
 */
export async function chooseCluster(options: ClusterOptions, purpose: NixosPurpose): Promise<Cluster> {
  const chosen = await chosenCluster(options);
  refuseIdle(options, chosen);
  if (chosen === "inventory") return inventory(options);
  if (chosen === "nixos") return NixosCluster.find(purpose);
  if (chosen === "local") return newLocalCluster({ disk: options.nodeDisk, owned: true });
  return LocalCluster.find(chosen);
}

/** Five local nodes that are not there yet. `disk`: of each, a size like 512m. */
export function newLocalCluster({ disk = DISK_DEFAULT, owned }: { disk?: string | undefined; owned: boolean }) {
  return new LocalCluster({ nodes: LOCAL_NODES, disk, owned, layout: nodeLayout() });
}

/** Flags about machines of one's own. */
const SSH_FLAGS = [
  "sshUser",
  "sshPort",
  "sshKey",
  "sshConfig",
  "sshJump",
  "sshPasswordFile",
  "sudo",
  "sudoPasswordFile",
  "knownHosts",
  "insecureHostKeys",
] as const;

/** Refuses flags about nodes of another kind than the chosen ones: whoever gives them means those. */
export function refuseIdle(options: ClusterOptions, chosen: string): void {
  const ssh = SSH_FLAGS.find((field) => options[field] !== undefined && options[field] !== false);
  if (ssh !== undefined && chosen !== "inventory")
    throw new JepsenError(
      "usage",
      `--${flagName(ssh)} is about machines of your own: name them with --nodes or --nodes-file, or leave it out.`,
    );
  if (options.nodeDisk !== undefined && chosen !== "local")
    throw new JepsenError("usage", "--node-disk is about local nodes that are made anew: leave it out for others.");
}

/** Whether the run that made this cluster takes it down again. */
export function isTemporary(cluster: Cluster): boolean {
  return cluster instanceof LocalCluster && cluster.owned;
}

/** JEPSEN_TS_NODE_LAYOUT=nixos gives local nodes the files of a NixOS machine: for tests of what may be assumed of a node. */
export function nodeLayout(): NodeLayout {
  const asked = process.env.JEPSEN_TS_NODE_LAYOUT || "host";
  if (asked === "host" || asked === "nixos") return asked;
  throw new JepsenError("usage", `JEPSEN_TS_NODE_LAYOUT is "${asked}": it can be host or nixos.`);
}

async function inventory(options: ClusterOptions): Promise<Cluster> {
  const fromFile = options.nodesFile === undefined ? [] : await readNodesFile(options.nodesFile);
  const named = [...(options.nodes ?? []), ...fromFile];
  const given = {
    user: options.sshUser,
    port: options.sshPort,
    keyFile: options.sshKey,
    configFile: options.sshConfig,
    jump: options.sshJump,
    passwordFile: options.sshPasswordFile,
    sudoPasswordFile: options.sudoPasswordFile,
    knownHostsFile: options.knownHosts,
  };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return new InventoryCluster({
    nodes: named,
    insecureHostKeys: options.insecureHostKeys,
    sudo: options.sudo,
    ...(known as Partial<SshOptions>),
  });
}

/** The cluster of a stored run, to reach its nodes again; undefined when it is gone. */
export async function clusterAgain(description: Readonly<Record<string, unknown>>): Promise<Cluster | undefined> {
  if (description.kind === "inventory") {
    return new InventoryCluster(description as never);
  }
  if (description.kind === "local" && typeof description.id === "string") {
    return LocalCluster.find(description.id).catch(() => undefined);
  }
  if (description.kind === "nixos" && typeof description.file === "string") {
    return NixosCluster.find("look", description.file).catch(() => undefined);
  }
  return undefined;
}

/** For suites that need no nodes. */
export class NoCluster implements Cluster {
  readonly kind = "none";
  readonly nodes: readonly string[];

  constructor(nodes: readonly string[]) {
    this.nodes = nodes;
  }

  async up(): Promise<void> {}

  async session(node: string): Promise<never> {
    throw new JepsenError("internal", `This suite runs without nodes: there is no session with ${node}.`);
  }

  address(): string {
    return "127.0.0.1";
  }

  async down(): Promise<void> {}

  describe(): Readonly<Record<string, unknown>> {
    return { kind: this.kind };
  }
}
