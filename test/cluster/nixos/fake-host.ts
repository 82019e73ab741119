/** A NixOS host as far as a NixosCluster sees it: units, and nodes that answer commands. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeKeyPair } from "../../../src/cluster/local/key-pair.ts";
import { Containers, type HostCommand } from "../../../src/cluster/nixos/containers.ts";
import type { NixosDescription } from "../../../src/cluster/nixos/description.ts";
import type { NixosTools } from "../../../src/cluster/nixos/nixos-cluster.ts";
import type { SshTarget } from "../../../src/control/ssh-target.ts";
import { JepsenError } from "../../../src/errors.ts";
import type { Session } from "../../../src/test.ts";

const never = () => Promise.reject(new Error("not on the fake host"));

export interface FakeNode {
  loaded: boolean;
  active: string;
  /** A run was here since the boot. */
  used: boolean;
  /** What `nodeHolder` reads of a guard; "" when nobody holds the node. */
  holder: string;
}

export class FakeHost {
  readonly directory: string;
  readonly file: string;
  readonly description: NixosDescription;
  readonly nodes = new Map<string, FakeNode>();
  /** Calls of systemctl that change something. */
  readonly calls: string[] = [];
  readonly targets: SshTarget[] = [];
  refusesToStart = false;

  private constructor(directory: string, change: Partial<NixosDescription>) {
    this.directory = directory;
    this.file = join(directory, "cluster.json");
    const names = ["n1", "n2", "n3"];
    this.description = {
      format: 1,
      user: "root",
      port: 22,
      identityFile: join(directory, "id_ed25519"),
      knownHosts: join(directory, "known_hosts"),
      systems: ["etcd"],
      ephemeral: true,
      stateDir: directory,
      network: { bridge: "jepsen0", prefix: "10.77.0.0/24", control: "10.77.0.1" },
      nodes: names.map((name, i) => ({
        name,
        address: `10.77.0.${101 + i}`,
        unit: `container@${name}.service`,
        hostKey: join(directory, `${name}.pub`),
      })),
      ...change,
    };
    for (const name of names) this.nodes.set(name, { loaded: true, active: "active", used: false, holder: "" });
  }

  static async make(change: Partial<NixosDescription> = {}): Promise<FakeHost> {
    const host = new FakeHost(await mkdtemp(join(tmpdir(), "jepsen-ts-nixos-")), change);
    await writeFile(join(host.directory, "id_ed25519"), makeKeyPair().private);
    for (const name of host.nodes.keys()) await writeFile(join(host.directory, `${name}.pub`), makeKeyPair().public);
    await writeFile(host.file, JSON.stringify(host.description));
    return host;
  }

  node(name: string): FakeNode {
    const node = this.nodes.get(name);
    if (!node) throw new Error(`no node ${name}`);
    return node;
  }

  readonly systemctl: HostCommand = async (argv) => {
    const [, verb] = argv;
    const units = argv.slice(argv.indexOf("--") + 1);
    const named = (unit: string) => this.node(unit.replace(/^container@|\.service$/g, ""));
    if (verb === "show") {
      const block = (unit: string) =>
        `Id=${unit}\nLoadState=${named(unit).loaded ? "loaded" : "not-found"}\nActiveState=${named(unit).active}`;
      return `${units.map(block).join("\n\n")}\n`;
    }
    this.calls.push(`${verb} ${units.map((unit) => unit.replace(/^container@|\.service$/g, "")).join(" ")}`);
    if (this.refusesToStart) throw new JepsenError("environment", "Job for container@n2.service failed");
    for (const unit of units)
      Object.assign(named(unit), { active: verb === "stop" ? "inactive" : "active", used: false, holder: "" });
    return "";
  };

  readonly tools: NixosTools = {
    containers: new Containers((argv, options) => this.systemctl(argv, options)),
    openSession: (target) => {
      this.targets.push(target);
      return this.#session(target.node);
    },
  };

  #session(name: string): Session {
    return {
      node: name,
      exec: async (argv) => {
        const node = this.node(name);
        if (node.active !== "active") throw new JepsenError("connect", `${name} does not answer`, { final: true });
        if (argv[0] === "test") return { code: node.used ? 0 : 1, stdout: "", stderr: "" };
        if (argv.at(-1) === "/run/jepsen-ts-used") node.used = true;
        const holds = argv.at(-1) === "/run/jepsen-ts-node";
        return { code: 0, stdout: holds ? node.holder : "", stderr: "" };
      },
      spawn: never,
      upload: never,
      download: never,
      close: async () => {},
    };
  }
}
