import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { JumpHost } from "../../control/jump-host.ts";
import { anyHostKey, knownHostKey, type SshTarget } from "../../control/ssh-target.ts";
import { JepsenError, messageOf } from "../../errors.ts";
import { foundKeys, userKeys } from "../user-keys.ts";
import { type HostAddress, parseHost } from "./host-address.ts";
import { readSecret } from "./secret.ts";
import { type HostSettings, hostSettings, sshConfigFile } from "./ssh-config.ts";

/** How machines are reached; every path, no secret. */
export interface SshOptions {
  /** Who logs in and where, when neither the address nor ssh's configuration says it. */
  readonly user?: string;
  readonly port?: number;
  /** Path of a private key; without one those of the configuration, else the usual ones in ~/.ssh, and the agent are tried. */
  readonly keyFile?: string;
  readonly knownHostsFile?: string;
  readonly insecureHostKeys: boolean;
  /** ssh's configuration (default ~/.ssh/config), or `none`. */
  readonly configFile?: string;
  /** Hosts to go through, as `ssh -J` takes them. */
  readonly jump?: string;
  /** Commands become root's by sudo. */
  readonly sudo?: boolean;
  /** Files with passwords; without them JEPSEN_TS_SSH_PASSWORD and JEPSEN_TS_SUDO_PASSWORD count. */
  readonly passwordFile?: string;
  readonly sudoPasswordFile?: string;
}

const HOPS_MAX = 8;

/** Makes the targets of an inventory's nodes, and keeps the jump hosts on the way there, one connection each. */
export class SshTargets {
  readonly #options: SshOptions;
  readonly #jumps = new Map<string, JumpHost>();

  constructor(options: SshOptions) {
    this.#options = options;
  }

  /** Rejects with JepsenError "usage" or "environment" when files cannot be read or the configuration leads nowhere. */
  async node(name: string, address: HostAddress): Promise<SshTarget> {
    const { jump, passwordFile, port, sudo, sudoPasswordFile, user } = this.#options;
    const settings = await this.#settings({ ...(user ? { user } : {}), ...(port ? { port } : {}), ...address }, "root");
    const password = await readSecret(passwordFile, "JEPSEN_TS_SSH_PASSWORD");
    const sudoPassword = sudo
      ? ((await readSecret(sudoPasswordFile, "JEPSEN_TS_SUDO_PASSWORD")) ?? password)
      : undefined;
    const route = jump ?? settings.proxyJump;
    return {
      ...(await this.#target(name, settings)),
      ...(password === undefined ? {} : { password }),
      // root needs none, and a node may not even have it
      ...(sudo && settings.user !== "root"
        ? { sudo: sudoPassword === undefined ? {} : { password: sudoPassword } }
        : {}),
      ...(route === undefined ? {} : { via: await this.#jump(route, 1) }),
    };
  }

  async close(): Promise<void> {
    const jumps = [...this.#jumps.values()];
    this.#jumps.clear();
    await Promise.all(jumps.map((jump) => jump.close()));
  }

  async #settings(address: HostAddress, fallbackUser: string): Promise<HostSettings> {
    return hostSettings(address, await sshConfigFile(this.#options.configFile), fallbackUser);
  }

  /** The last of hosts `a,b,c`, each reached through the one before; the first one's own way is the configuration's. */
  async #jump(hosts: string, depth: number): Promise<JumpHost> {
    const known = this.#jumps.get(hosts);
    if (known) return known;
    if (depth > HOPS_MAX)
      throw new JepsenError(
        "usage",
        `The way through ${hosts} has more than ${HOPS_MAX} jump hosts: does it go in a circle?`,
      );
    const names = hosts.split(",").map((host) => host.trim());
    const last = names.pop() ?? "";
    const settings = await this.#settings(parseHost(last, "a jump host"), userInfo().username);
    const before = names.length > 0 ? names.join(",") : settings.proxyJump;
    const via = before === undefined ? {} : { via: await this.#jump(before, depth + 1) };
    const jump = this.#jumps.get(hosts) ?? new JumpHost({ ...(await this.#target(last, settings)), ...via });
    this.#jumps.set(hosts, jump);
    return jump;
  }

  async #target(name: string, settings: HostSettings): Promise<SshTarget> {
    const { host, port, user } = settings;
    const { keyFile } = this.#options;
    const keys =
      keyFile !== undefined || settings.identityFiles === undefined
        ? await userKeys(keyFile)
        : await foundKeys(settings.identityFiles, settings.identityAgent);
    return { node: name, host, port, user, ...keys, ...(await this.#hostKeys(settings)) };
  }

  async #hostKeys(settings: HostSettings): Promise<Pick<SshTarget, "checkHostKey" | "hostKeyAlgorithms">> {
    const { insecureHostKeys, knownHostsFile } = this.#options;
    if (insecureHostKeys) return { checkHostKey: anyHostKey };
    const files = knownHostsFile === undefined ? settings.knownHostsFiles : [knownHostsFile];
    const texts = await Promise.all(
      files.map((file) =>
        readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
          if (error.code === "ENOENT" && knownHostsFile === undefined) return "";
          throw new JepsenError("usage", `Cannot read the known hosts in ${file}: ${messageOf(error)}.`, {}, error);
        }),
      ),
    );
    // an alias stands in the file without a port
    const [name, port] =
      settings.hostKeyAlias === undefined ? [settings.host, settings.port] : [settings.hostKeyAlias, 22];
    const { check, algorithms } = knownHostKey(texts.join("\n"), files[0] ?? "known_hosts", name, port);
    return { checkHostKey: check, hostKeyAlgorithms: algorithms };
  }
}
