import { readFile } from "node:fs/promises";
import { monotonicMs, sleep } from "../../clock.ts";
import { execOk } from "../../control/exec.ts";
import { nodeHolder } from "../../control/node-guard.ts";
import { onAllNodes } from "../../control/on-nodes.ts";
import { SshSession } from "../../control/ssh-session.ts";
import { pinnedHostKey, type SshTarget } from "../../control/ssh-target.ts";
import { isJepsenError, JepsenError, messageOf } from "../../errors.ts";
import type { Cluster, Session } from "../../test.ts";
import { SessionPool } from "../session-pool.ts";
import { userKeys } from "../user-keys.ts";
import { Containers } from "./containers.ts";
import { descriptionFile, type NixosDescription, readDescription } from "./description.ts";
import { claimHolder, HostClaim } from "./host-claim.ts";

/** A container that has booted answers SSH a little later. */
const ANSWER_TIMEOUT_MS = 60_000;
const ANSWER_PAUSE_MS = 500;

/** On a node: a run was here since the container booted. /run is emptied by each boot. */
const USED_MARK = "/run/jepsen-ts-used";

/**
 * What the nodes are wanted for. run: containers that are down are started, ephemeral ones that were used before begin
 * anew, and no other run of this host may have them meanwhile · look: they are taken as they are.
 */
export type NixosPurpose = "run" | "look";

/** What a NixosCluster works with; the real ones but in tests. */
export interface NixosTools {
  readonly containers: Containers;
  readonly openSession: (target: SshTarget) => Session;
}

const REAL_TOOLS: NixosTools = { containers: new Containers(), openSession: (target) => new SshSession(target) };

/** The containers of the NixOS module `services.jepsen-ts-cluster` on this host, reached by SSH. */
export class NixosCluster implements Cluster {
  readonly kind = "nixos";
  readonly nodes: readonly string[];
  readonly description: NixosDescription;
  readonly #file: string;
  readonly #purpose: NixosPurpose;
  readonly #tools: NixosTools;
  readonly #sessions = new SessionPool((node) => this.#open(node));
  #claim: HostClaim | undefined;
  #ready = false;
  #started: readonly string[] = [];

  constructor(
    description: NixosDescription,
    options: { readonly file?: string; readonly purpose: NixosPurpose; readonly tools?: NixosTools },
  ) {
    this.description = description;
    this.nodes = description.nodes.map((node) => node.name);
    this.#file = options.file ?? descriptionFile();
    this.#purpose = options.purpose;
    this.#tools = options.tools ?? REAL_TOOLS;
  }

  /** The cluster of this host. Rejects with JepsenError "environment" when the host has none. */
  static async find(purpose: NixosPurpose, file: string = descriptionFile()): Promise<NixosCluster> {
    const description = await readDescription(file);
    if (description) return new NixosCluster(description, { file, purpose });
    throw new JepsenError(
      "environment",
      `There is no ${file}: --cluster nixos needs a NixOS host with services.jepsen-ts-cluster.enable = true (see docs/nixos.md).`,
      { file },
    );
  }

  /** Whether the module is active on this host: it describes a cluster, and systemd knows every container of it. */
  static async isActive(file: string = descriptionFile(), containers = new Containers()): Promise<boolean> {
    const description = await readDescription(file);
    if (!description) return false;
    const states = await containers.states(description.nodes.map((node) => node.unit)).catch(() => undefined); // no systemd runs here
    return states !== undefined && [...states.values()].every((state) => state.loaded);
  }

  async up(signal?: AbortSignal): Promise<void> {
    if (this.#ready) return;
    try {
      if (this.#purpose === "run") await this.#boot(signal);
      else await this.#refuseDown();
      await onAllNodes(this.nodes, (node) => this.#awaitAnswer(node, signal));
      if (this.#purpose === "run")
        await onAllNodes(this.nodes, async (node) =>
          execOk(await this.session(node), ["sh", "-c", ': > "$1"', "sh", USED_MARK]),
        );
      this.#ready = true;
    } catch (error) {
      await this.down({ destroy: false });
      throw error;
    }
  }

  /** Starts what is down, and restarts what is ephemeral and was used by a run that is over. */
  async #boot(signal?: AbortSignal): Promise<void> {
    this.#claim ??= await HostClaim.take(this.#file);
    if (!this.#claim) {
      const pid = await claimHolder(this.#file);
      const by = pid === undefined ? "another process" : `process ${pid}`;
      throw new JepsenError("environment", `The NixOS nodes of this host are in use by ${by}: wait for it to end.`, {
        pid,
      });
    }
    const states = await this.#states();
    const isUp = (unit: string) => states.get(unit)?.active === "active";
    this.#started = this.description.nodes.map((node) => node.unit).filter((unit) => !isUp(unit));
    await this.#tools.containers.start(this.#started, signal);
    if (!this.description.ephemeral) return;
    const running = this.description.nodes.filter((node) => isUp(node.unit));
    const used = await onAllNodes(
      running.map((node) => node.name),
      (node) => this.#wasUsed(node, signal),
    );
    const again = running.filter((node) => used.get(node.name)).map((node) => node.unit);
    if (again.length === 0) return;
    await this.#sessions.close(); // the connections end with the containers
    await this.#tools.containers.restart(again, signal);
  }

  /** Whether a run that is over left its mark; a node that a live run of another machine holds is not touched. */
  async #wasUsed(node: string, signal?: AbortSignal): Promise<boolean> {
    await this.#awaitAnswer(node, signal);
    const session = await this.session(node);
    const holder = await nodeHolder(session);
    if (holder?.alive) return false;
    return holder !== undefined || (await session.exec(["test", "-e", USED_MARK])).code === 0;
  }

  async #refuseDown(): Promise<void> {
    const states = await this.#states();
    const down = this.description.nodes.filter((node) => states.get(node.unit)?.active !== "active");
    if (down.length === 0) return;
    const list = down.map((node) => `${node.name} (${states.get(node.unit)?.active})`).join(", ");
    throw new JepsenError("connect", `Not running: ${list}. Start them with \`jepsen-ts cluster up\`.`, {
      nodes: down.map((node) => node.name),
    });
  }

  async #states() {
    const states = await this.#tools.containers.states(this.description.nodes.map((node) => node.unit));
    const missing = [...states].filter(([, state]) => !state.loaded).map(([unit]) => unit);
    if (missing.length === 0) return states;
    const sentence = `${this.#file} names ${missing.join(", ")}, but systemd has no such unit: switch the host to its configuration (nixos-rebuild switch).`;
    throw new JepsenError("environment", sentence, { missing });
  }

  async #awaitAnswer(node: string, signal?: AbortSignal): Promise<void> {
    const deadline = monotonicMs() + ANSWER_TIMEOUT_MS;
    for (;;) {
      try {
        await (await this.session(node)).exec(["true"], signal ? { signal } : {});
        return;
      } catch (error) {
        const mayPass = isJepsenError(error, "connect", "indeterminate") && error.data.final !== true;
        if (!mayPass || monotonicMs() >= deadline) throw error;
        await sleep(ANSWER_PAUSE_MS, signal);
      }
    }
  }

  #node(name: string) {
    const found = this.description.nodes.find((node) => node.name === name);
    if (!found) throw new JepsenError("internal", `The NixOS cluster has no node ${name}.`);
    return found;
  }

  async #open(name: string): Promise<Session> {
    const { address, hostKey } = this.#node(name);
    const { identityFile, port, user } = this.description;
    const publicKey = await readFile(hostKey, "utf8").catch((error: unknown) => {
      const sentence = `Cannot read the host key of ${name}: ${messageOf(error)}. Is jepsen-ts-access.service active, and are you root?`;
      throw new JepsenError("environment", sentence, { node: name, file: hostKey }, error);
    });
    const keys = await userKeys(identityFile ?? undefined).catch((error: unknown) => {
      throw new JepsenError("environment", `${messageOf(error)} It belongs to root: use sudo.`, { node: name }, error);
    });
    return this.#tools.openSession({
      node: name,
      host: address,
      port,
      user,
      ...keys,
      checkHostKey: pinnedHostKey(publicKey),
    });
  }

  session(node: string): Promise<Session> {
    return this.#sessions.get(node);
  }

  address(node: string): string {
    return this.#node(node).address;
  }

  /** Gives the nodes back; with `destroy`, the containers that `up` started are stopped. */
  async down(options: { readonly destroy: boolean }): Promise<void> {
    this.#ready = false;
    try {
      await this.#sessions.close();
      if (options.destroy) await this.#tools.containers.stop(this.#started);
    } finally {
      await this.#claim?.release();
      this.#claim = undefined;
    }
  }

  describe(): Readonly<Record<string, unknown>> {
    return { kind: this.kind, file: this.#file };
  }
}
