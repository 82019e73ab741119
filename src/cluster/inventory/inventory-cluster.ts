import { lookup } from "node:dns/promises";
import { access, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { onAllNodes } from "../../control/on-nodes.ts";
import { SshSession } from "../../control/ssh-session.ts";
import { anyHostKey, knownHostKey, type SshTarget } from "../../control/ssh-target.ts";
import { JepsenError, messageOf } from "../../errors.ts";
import type { Cluster, Session } from "../../test.ts";
import { SessionPool } from "../session-pool.ts";
import { userKeys } from "../user-keys.ts";

/** Machines that exist already and are reached by SSH. */
export interface InventoryOptions {
  /** Names as the user gave them: `name`, `name:port`, `user@name`; the host part is the node's name in the test. */
  readonly nodes: readonly string[];
  readonly user: string;
  readonly port: number;
  /** Path of a private key; without one the usual ones in ~/.ssh and the agent are tried. */
  readonly keyFile?: string;
  readonly knownHostsFile?: string;
  readonly insecureHostKeys: boolean;
}

interface NodeAddress {
  readonly node: string;
  readonly user: string;
  readonly port: number;
}

function parseNode(text: string, options: InventoryOptions): NodeAddress {
  const match = /^(?:([^@\s]+)@)?(\[[0-9a-fA-F:]+\]|[^:@\s]+)(?::(\d{1,5}))?$/.exec(text);
  const port = match?.[3] === undefined ? options.port : Number(match[3]);
  if (!match?.[2] || port < 1 || port > 65535) {
    throw new JepsenError("usage", `"${text}" is not a node: write host, host:port or user@host:port.`);
  }
  return { node: match[2].replace(/^\[|\]$/g, ""), user: match[1] ?? options.user, port };
}

/** Any machines reachable by SSH; nothing is made and nothing removed. */
export class InventoryCluster implements Cluster {
  readonly kind = "inventory";
  readonly nodes: readonly string[];
  readonly #options: InventoryOptions;
  readonly #known: ReadonlyMap<string, NodeAddress>;
  readonly #addresses = new Map<string, string>();
  readonly #sessions = new SessionPool((node) => this.#open(node));

  constructor(options: InventoryOptions) {
    const parsed = options.nodes.map((text) => parseNode(text, options));
    const twice = parsed.find((one, i) => parsed.findIndex((other) => other.node === one.node) !== i);
    if (twice) throw new JepsenError("usage", `Node ${twice.node} is named twice.`);
    if (parsed.length === 0)
      throw new JepsenError("usage", "No node is named: use --nodes n1,n2,… or --nodes-file FILE.");
    this.#options = options;
    this.#known = new Map(parsed.map((one) => [one.node, one]));
    this.nodes = parsed.map((one) => one.node);
  }

  async up(signal?: AbortSignal): Promise<void> {
    await onAllNodes(this.nodes, async (node) => {
      this.#addresses.set(node, await resolveHost(node));
      await (await this.session(node)).exec(["true"], signal ? { signal } : {});
    });
  }

  async #open(node: string): Promise<Session> {
    const { user, port } = this.#address(node);
    const target: SshTarget = {
      node,
      host: node,
      port,
      user,
      ...(await userKeys(this.#options.keyFile)),
      ...(await this.#hostKeys(node, port)),
    };
    return new SshSession(target);
  }

  #address(node: string): NodeAddress {
    const found = this.#known.get(node);
    if (!found) throw new JepsenError("internal", `The inventory has no node ${node}.`);
    return found;
  }

  async #hostKeys(node: string, port: number): Promise<Pick<SshTarget, "checkHostKey" | "hostKeyAlgorithms">> {
    if (this.#options.insecureHostKeys) return { checkHostKey: anyHostKey };
    const file = this.#options.knownHostsFile ?? join(homedir(), ".ssh", "known_hosts");
    const text = await readFile(file, "utf8").catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && this.#options.knownHostsFile === undefined) return "";
      throw new JepsenError("usage", `Cannot read the known hosts in ${file}: ${messageOf(error)}.`, {}, error);
    });
    const { check, algorithms } = knownHostKey(text, file, node, port);
    return { checkHostKey: check, hostKeyAlgorithms: algorithms };
  }

  session(node: string): Promise<Session> {
    return this.#sessions.get(node);
  }

  address(node: string): string {
    return this.#addresses.get(node) ?? node;
  }

  async down(): Promise<void> {
    await this.#sessions.close();
  }

  describe(): Readonly<Record<string, unknown>> {
    return { kind: this.kind, ...this.#options };
  }
}

/** The address that the control process sees; nodes are told it too, so it must hold for all of them. */
async function resolveHost(node: string): Promise<string> {
  try {
    return (await lookup(node, { family: 0 })).address;
  } catch (error) {
    throw new JepsenError(
      "connect",
      `Cannot find the address of node ${node}: ${messageOf(error)}. Is the name right?`,
      { node },
      error,
    );
  }
}

/** Nodes from a file: one a line, "#" begins a comment. */
export async function readNodesFile(path: string): Promise<readonly string[]> {
  await access(path).catch((error: unknown) => {
    throw new JepsenError("usage", `Cannot read the nodes file ${path}: ${messageOf(error)}.`, {}, error);
  });
  const lines = (await readFile(path, "utf8")).split("\n").map((line) => line.replace(/#.*/, "").trim());
  return lines.filter((line) => line !== "");
}
