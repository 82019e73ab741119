import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { monotonicMs, sleep } from "../../clock.ts";
import { SshSession } from "../../control/ssh-session.ts";
import { pinnedHostKey } from "../../control/ssh-target.ts";
import { JepsenError } from "../../errors.ts";
import type { Cluster, Session } from "../../test.ts";
import { identify, isAlive } from "../process-identity.ts";
import { SessionPool } from "../session-pool.ts";
import { abortFuseConnections } from "./fuse-connections.ts";
import { makeKeyPair } from "./key-pair.ts";
import { ownMountPoints } from "./mount-points.ts";
import { makeNetwork, namespacePids, nodeAddress, removeNetwork, subnetInUse } from "./network.ts";
import { makeProfile, NIXOS_LAYOUT, NODE_PATH, type NodeLayout } from "./nixos-layout.ts";
import { NODE_INIT, sshdConfig } from "./node-init.ts";
import {
  allRecords,
  type ClusterRecord,
  claimDirectory,
  claimSubnet,
  clusterDirectory,
  forget,
  goneNodes,
  loadRecord,
  type NodeRecord,
  saveRecord,
} from "./registry.ts";

export type { NodeLayout };

const END_TIMEOUT_MS = 10_000;
/** What does not end so soon waits for something. */
const PATIENCE_MS = 1_000;

export interface LocalOptions {
  readonly nodes: readonly string[];
  /** Size of each node's disk, in memory, as tmpfs takes it. */
  readonly disk?: string;
  /** Taken down with this process, and removable by others once it is dead. False: stays until somebody takes it down. */
  readonly owned: boolean;
  /** `nixos`: the nodes' files are laid out as on a NixOS machine. Default: `host`. */
  readonly layout?: NodeLayout;
}

/** Nodes made of namespaces on this machine, each with a real sshd. Needs root. */
export class LocalCluster implements Cluster {
  readonly kind = "local";
  readonly nodes: readonly string[];
  readonly #options: LocalOptions;
  #record: ClusterRecord | undefined;
  readonly #sessions = new SessionPool((node) => this.#open(node));

  constructor(options: LocalOptions, record?: ClusterRecord) {
    this.#options = options;
    this.#record = record;
    this.nodes = record ? record.nodes.map((node) => node.name) : options.nodes;
  }

  /** An existing cluster by its id; rejects with JepsenError "usage" when there is none. */
  static async find(id: string): Promise<LocalCluster> {
    const record = await loadRecord(id);
    if (!record) {
      const others = (await allRecords()).map((other) => other.id).join(", ") || "none";
      throw new JepsenError("usage", `There is no local cluster "${id}". Clusters on this machine: ${others}.`);
    }
    return new LocalCluster({ nodes: record.nodes.map((node) => node.name), owned: false }, record);
  }

  /** Whether it is taken down with the process that made it. */
  get owned(): boolean {
    return this.#options.owned;
  }

  get id(): string {
    return this.#known().id;
  }

  #known(): ClusterRecord {
    if (!this.#record) throw new JepsenError("internal", "The local cluster is not up.");
    return this.#record;
  }

  async up(signal?: AbortSignal): Promise<void> {
    if (this.#record) return this.#refuseGone(this.#record);
    if (process.getuid?.() !== 0) {
      throw new JepsenError(
        "environment",
        "Making nodes out of namespaces needs root: use sudo, or name machines of your own with --nodes.",
      );
    }
    const self = this.#options.owned ? await identify(process.pid) : undefined;
    const id = randomBytes(3).toString("hex");
    await claimDirectory(id);
    await mkdir(join(clusterDirectory(id), "root"), { mode: 0o700 });
    const subnet = await claimSubnet(id, subnetInUse);
    const userKey = makeKeyPair();
    const hostKeys = this.nodes.map(() => makeKeyPair());
    const nodes = this.nodes.map((name, i): NodeRecord => {
      const hostKey = hostKeys[i]?.public ?? "";
      return { name, address: nodeAddress(subnet, i), namespace: `jts-${id}-${name}`, hostKey };
    });
    const record = { format: 1, id, subnet, bridgeNamespace: `jts-${id}-br`, hostLink: `jts${id}`, nodes } as const;
    this.#record = self ? { ...record, owner: self } : record;
    try {
      await saveRecord(this.#record);
      signal?.throwIfAborted();
      await Promise.all([makeNetwork(this.#record), this.#writeFiles(userKey, hostKeys)]);
      const keepers = await Promise.all(nodes.map((node) => this.#startNode(node)));
      this.#record = {
        ...this.#record,
        nodes: nodes.map((node, i) => ({ ...node, ...(keepers[i] ? { keeper: keepers[i] } : {}) })),
      };
      await saveRecord(this.#record);
      await Promise.all(
        nodes.map(async (node) => (await this.session(node.name)).exec(["true"], signal ? { signal } : {})),
      );
    } catch (error) {
      const story = await this.#initStory();
      await this.down({ destroy: true });
      if (error instanceof JepsenError && error.code !== "aborted" && story !== "") {
        throw new JepsenError("environment", `The local nodes did not come up: ${story}`, error.data, error);
      }
      throw error;
    }
  }

  /** A node that ended does not come back. */
  async #refuseGone(record: ClusterRecord): Promise<void> {
    const gone = await goneNodes(record);
    if (gone.length === 0) return;
    const sentence = `Of local cluster ${record.id}, ${gone.join(", ")} ${gone.length === 1 ? "is" : "are"} gone: remove it with \`jepsen-ts cluster down ${record.id}\`, and make another with \`jepsen-ts cluster up\`.`;
    throw new JepsenError("connect", sentence, { nodes: gone });
  }

  async #writeFiles(
    userKey: { private: string; public: string },
    hostKeys: readonly { private: string }[],
  ): Promise<void> {
    const directory = clusterDirectory(this.id);
    const nodes = this.#known().nodes;
    const layout = this.#options.layout ?? "host";
    if (layout === "nixos") await makeProfile(join(directory, "profile"));
    const hosts = [
      "127.0.0.1 localhost",
      "::1 localhost",
      ...nodes.map((node) => `${node.address} ${node.name}`),
      "",
    ].join("\n");
    await writeFile(join(directory, "id_ed25519"), userKey.private, { mode: 0o600 });
    await writeFile(join(directory, "init.sh"), NODE_INIT);
    await Promise.all(
      nodes.map(async (node, i) => {
        const files = join(directory, node.name);
        await mkdir(files);
        await Promise.all([
          writeFile(join(files, "hosts"), hosts),
          writeFile(join(files, "authorized_keys"), `${userKey.public}\n`),
          writeFile(join(files, "ssh_host_key"), hostKeys[i]?.private ?? "", { mode: 0o600 }),
          writeFile(join(files, "sshd_config"), sshdConfig(NODE_PATH[layout])),
          ...(layout === "nixos" ? [writeFile(join(files, "layout.sh"), NIXOS_LAYOUT)] : []),
        ]);
      }),
    );
  }

  async #startNode(node: NodeRecord) {
    const directory = clusterDirectory(this.id);
    const log = await open(join(directory, node.name, "init.log"), "w");
    const unshare = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"];
    const init = [
      "sh",
      join(directory, "init.sh"),
      node.name,
      join(directory, "root"),
      this.#options.disk ?? "4g",
      join(directory, node.name),
    ];
    const points = await ownMountPoints();
    const child = spawn("nsenter", [`--net=/run/netns/${node.namespace}`, ...unshare, ...init, ...points], {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env: { PATH: NODE_PATH.host },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) =>
        reject(new JepsenError("environment", `Cannot start nsenter: ${error.message}.`, {}, error)),
      );
    });
    await log.close();
    child.unref();
    return identify(child.pid ?? 0);
  }

  /** What the nodes' first programs said when they failed. */
  async #initStory(): Promise<string> {
    const texts = await Promise.all(
      this.nodes.map((name) => readFile(join(clusterDirectory(this.id), name, "init.log"), "utf8").catch(() => "")),
    );
    return texts.find((text) => text.trim() !== "")?.trim() ?? "";
  }

  #nodeRecord(node: string): NodeRecord {
    const found = this.#known().nodes.find((candidate) => candidate.name === node);
    if (!found) throw new JepsenError("internal", `The local cluster has no node ${node}.`);
    return found;
  }

  async #open(node: string): Promise<Session> {
    const path = join(clusterDirectory(this.id), "id_ed25519");
    const { address, hostKey } = this.#nodeRecord(node);
    return new SshSession({
      node,
      host: address,
      port: 22,
      user: "root",
      privateKeys: [{ path, text: await readFile(path, "utf8") }],
      checkHostKey: pinnedHostKey(hostKey),
    });
  }

  session(node: string): Promise<Session> {
    return this.#sessions.get(node);
  }

  address(node: string): string {
    return this.#nodeRecord(node).address;
  }

  async down(options: { readonly destroy: boolean }): Promise<void> {
    await this.#sessions.close();
    if (!options.destroy || !this.#record) return;
    await destroyCluster(this.#record);
    this.#record = undefined;
  }

  describe(): Readonly<Record<string, unknown>> {
    return { kind: this.kind, id: this.id };
  }
}

/** Ends every process of a recorded cluster, and removes its wires and its record. */
export async function destroyCluster(record: ClusterRecord): Promise<void> {
  const keepers = record.nodes.flatMap((node) => (node.keeper ? [node.keeper] : []));
  for (const keeper of keepers) {
    if (await isAlive(keeper)) process.kill(keeper.pid, "SIGKILL");
  }
  const deadline = monotonicMs() + END_TIMEOUT_MS;
  const left = async () => [
    ...(await Promise.all(keepers.map(isAlive))),
    ...(await Promise.all(record.nodes.map(async (node) => (await namespacePids(node.namespace)).length > 0))),
  ];
  for (let patientUntilMs = monotonicMs() + PATIENCE_MS; (await left()).some(Boolean); await sleep(10)) {
    // a node whose start was interrupted has no recorded keeper: its processes are found by their network
    const pids = (await Promise.all(record.nodes.map((node) => namespacePids(node.namespace)))).flat();
    for (const pid of pids) killIfThere(pid);
    if (monotonicMs() > patientUntilMs) {
      await abortFuseConnections(pids);
      patientUntilMs += PATIENCE_MS;
    }
    if (monotonicMs() > deadline)
      throw new JepsenError(
        "environment",
        `Processes of local cluster ${record.id} do not end within 10 s of SIGKILL.`,
      );
  }
  await removeNetwork(record);
  await forget(record);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
