import { access } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { JepsenError, messageOf } from "../../errors.ts";
import { hostCommand } from "../host-command.ts";
import type { HostAddress } from "./host-address.ts";

/** Where and how a host is reached, as ssh's configuration says. */
export interface HostSettings {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  /** Private key files, best first, whether they are there or not; undefined: nothing is configured. */
  readonly identityFiles: readonly string[] | undefined;
  /** Socket of an agent, `none`, or undefined for the usual one. */
  readonly identityAgent: string | undefined;
  readonly knownHostsFiles: readonly string[];
  /** The name under which the host's key is known, when that is another one. */
  readonly hostKeyAlias: string | undefined;
  /** Hosts to go through, as ssh writes them: `a,user@b:2222`. */
  readonly proxyJump: string | undefined;
}

/**
 * The configuration file to ask: the named one, else ~/.ssh/config where there is one; `none` for none. Rejects with
 * JepsenError "usage" when the named one is not there.
 */
export async function sshConfigFile(named: string | undefined): Promise<string | undefined> {
  if (named === "none") return undefined;
  const file = resolve(named ?? join(homedir(), ".ssh", "config")); // ssh takes a relative Include for one in ~/.ssh
  try {
    await access(file);
    return file;
  } catch (error) {
    if (named === undefined) return undefined;
    throw new JepsenError("usage", `Cannot read the ssh configuration ${file}: ${messageOf(error)}.`, {}, error);
  }
}

/** Without any configuration. */
function plainSettings({ host, user, port }: HostAddress, fallbackUser: string): HostSettings {
  return {
    host,
    user: user ?? fallbackUser,
    port: port ?? 22,
    identityFiles: undefined,
    identityAgent: undefined,
    knownHostsFiles: [join(homedir(), ".ssh", "known_hosts")],
    hostKeyAlias: undefined,
    proxyJump: undefined,
  };
}

/**
 * What `ssh` itself makes of a host: `ssh -G` knows every pattern, Match, Include and token, so there is no second parser
 * here to differ from it. A user or port in the address goes before the file; `fallbackUser` is for hosts that the file
 * gives no user. Rejects with JepsenError "environment" when ssh cannot read the file, or the host needs a ProxyCommand.
 */
export async function hostSettings(
  address: HostAddress,
  file: string | undefined,
  fallbackUser: string,
): Promise<HostSettings> {
  if (file === undefined) return plainSettings(address, fallbackUser);
  // what stands first in a configuration counts, so the fallback goes last; ssh opens no socket as /dev/stdin, hence cat
  const script = 'cat | exec ssh -F /dev/stdin -G "$@"';
  const included = [file, "/etc/ssh/ssh_config"].map((path) => `Include "${path}"\n`).join("");
  const given = [
    ...(address.user === undefined ? [] : ["-l", address.user]),
    ...(address.port === undefined ? [] : ["-p", String(address.port)]),
  ];
  const out = await hostCommand(["sh", "-c", script, "sh", ...given, "--", address.host], {
    stdin: `${included}Host *\nUser ${fallbackUser}\n`,
  });
  const lines = out.split("\n").map((line) => /^(\S+) (.*)$/.exec(line));
  const all = (key: string) => lines.flatMap((match) => (match?.[1] === key ? [match[2] ?? ""] : []));
  const one = (key: string) => all(key).find((value) => value !== "none");
  if (one("proxycommand") !== undefined) {
    const sentence = `${file} reaches ${address.host} by a ProxyCommand, which is not supported: use ProxyJump.`;
    throw new JepsenError("environment", sentence, { host: address.host });
  }
  const user = one("user") ?? fallbackUser;
  const [host, port] = [one("hostname") ?? address.host, Number(one("port") ?? 22)];
  const expand = (path: string) => expandPath(path, { h: host, n: address.host, p: String(port), r: user });
  const files = (key: string) => (one(key) ?? "").split(" ").filter((path) => path !== "");
  const agent = all("identityagent")[0];
  return {
    host,
    user,
    port,
    identityFiles: all("identityfile").map(expand),
    identityAgent: agent === undefined || agent === "SSH_AUTH_SOCK" ? undefined : expand(agent),
    knownHostsFiles: [...files("userknownhostsfile"), ...files("globalknownhostsfile")].map(expand),
    hostKeyAlias: one("hostkeyalias"),
    proxyJump: one("proxyjump"),
  };
}

/** A leading `~`, the tokens of ssh_config(5) that make sense in paths, and `${VARIABLE}`. */
function expandPath(path: string, tokens: Readonly<Record<string, string>>): string {
  const known: Record<string, string> = { ...tokens, "%": "%", d: homedir(), u: userInfo().username };
  return path
    .replace(/^~(?=\/|$)/, homedir())
    .replace(/%(.)/g, (whole, token: string) => known[token] ?? whole)
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => process.env[name] ?? whole);
}
