import { lookup } from "node:dns/promises";
import { access, readFile } from "node:fs/promises";
import { execOk } from "../../control/exec.ts";
import { onAllNodes } from "../../control/on-nodes.ts";
import { SshSession } from "../../control/ssh-session.ts";
import type { SshTarget } from "../../control/ssh-target.ts";
import { JepsenError, messageOf } from "../../errors.ts";
import type { Cluster, Session } from "../../test.ts";
import { SessionPool } from "../session-pool.ts";
import { type HostAddress, parseHost } from "./host-address.ts";
import { type SshOptions, SshTargets } from "./ssh-targets.ts";

/** Machines that exist already and are reached by SSH. */
export interface InventoryOptions extends SshOptions {
  /** As the user gave them: `host`, `host:port`, `user@host`; the host part, or an alias of it, is the node's name in the test. */
  readonly nodes: readonly string[];
}

/** Any machines reachable by SSH; nothing is made and nothing removed. */
export class InventoryCluster implements Cluster {
  readonly kind = "inventory";
  readonly nodes: readonly string[];
  readonly #options: InventoryOptions;
  readonly #known: ReadonlyMap<string, HostAddress>;
  readonly #targets: SshTargets;
  readonly #addresses = new Map<string, string>();
  readonly #sessions = new SessionPool((node) => this.#open(node));

  constructor(options: InventoryOptions) {
    const parsed = options.nodes.map((text) => parseHost(text));
    const twice = parsed.find((one, i) => parsed.findIndex((other) => other.host === one.host) !== i);
    if (twice) throw new JepsenError("usage", `Node ${twice.host} is named twice.`);
    if (parsed.length === 0)
      throw new JepsenError("usage", "No node is named: use --nodes n1,n2,… or --nodes-file FILE.");
    this.#options = options;
    this.#targets = new SshTargets(options);
    this.#known = new Map(parsed.map((one) => [one.host, one]));
    this.nodes = parsed.map((one) => one.host);
  }

  async up(signal?: AbortSignal): Promise<void> {
    const options = signal ? { signal } : {};
    await onAllNodes(this.nodes, async (node) => {
      const target = await this.#target(node);
      if (!target.via) this.#addresses.set(node, await resolveHost(node, target.host));
      const uid = await execOk(await this.session(node), ["id", "-u"], options);
      if (target.via) this.#addresses.set(node, await addressBehind(target, options));
      if (uid !== "0") {
        const sentence = `On ${node}, ${target.user} is not root, and only root can install databases and faults: log in as root, or use --sudo.`;
        throw new JepsenError("environment", sentence, { node });
      }
    });
  }

  #target(node: string): Promise<SshTarget> {
    const address = this.#known.get(node);
    if (!address) throw new JepsenError("internal", `The inventory has no node ${node}.`);
    return this.#targets.node(node, address);
  }

  async #open(node: string): Promise<Session> {
    return new SshSession(await this.#target(node));
  }

  session(node: string): Promise<Session> {
    return this.#sessions.get(node);
  }

  address(node: string): string {
    return this.#addresses.get(node) ?? node;
  }

  async down(): Promise<void> {
    await this.#sessions.close();
    await this.#targets.close();
  }

  describe(): Readonly<Record<string, unknown>> {
    return { kind: this.kind, ...this.#options };
  }
}

/** A node behind a jump host has the address that the jump host knows it by; its own sshd was asked for it. */
async function addressBehind(target: SshTarget, options: { readonly signal?: AbortSignal }): Promise<string> {
  const { sudo: _environmentIsLost, ...plain } = target;
  const session = new SshSession(plain);
  try {
    const [, , address] = (await execOk(session, ["printenv", "SSH_CONNECTION"], options)).split(" ");
    return address ?? target.host;
  } finally {
    await session.close();
  }
}

/** The address that the control process sees; nodes are told it too, so it must hold for all of them. */
async function resolveHost(node: string, host: string): Promise<string> {
  try {
    return (await lookup(host, { family: 0 })).address;
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
