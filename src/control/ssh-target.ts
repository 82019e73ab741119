import { createHash, createHmac } from "node:crypto";
import type { Duplex } from "node:stream";

/** Says whether a host key is the expected one: undefined when it is, else a sentence that says what to do. */
export type HostKeyCheck = (key: Buffer) => string | undefined;

/** How commands become root's; without a password sudo must not want one. */
export interface Sudo {
  readonly password?: string;
}

/** A way to a host that cannot be reached directly. */
export interface Route {
  /** The name of the last machine on the way. */
  readonly name: string;
  /** A stream to a TCP port of the host, whose name the last machine on the way resolves. Rejects with JepsenError "connect" or "aborted". */
  forward(host: string, port: number, timeoutMs: number, signal?: AbortSignal): Promise<Duplex>;
}

/** How to reach one node by SSH. */
export interface SshTarget {
  readonly node: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Private keys to try, in OpenSSH or PEM format, and where each was found (for messages). */
  readonly privateKeys: readonly { readonly path: string; readonly text: string }[];
  /** Path of an agent's socket. */
  readonly agent?: string;
  /** Answers password and keyboard-interactive authentication. */
  readonly password?: string;
  /** Every command and transfer is root's, by sudo. */
  readonly sudo?: Sudo;
  /** The way there; without one the host is connected to directly. */
  readonly via?: Route;
  readonly checkHostKey: HostKeyCheck;
  /** Host key algorithms to prefer, because their keys are known. */
  readonly hostKeyAlgorithms?: readonly string[];
}

/** A key's fingerprint as OpenSSH prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** Accepts exactly one public key, given as the text of a `.pub` file. */
export function pinnedHostKey(publicKey: string): HostKeyCheck {
  const expected = Buffer.from(publicKey.trim().split(/\s+/)[1] ?? "", "base64");
  return (key) =>
    key.equals(expected)
      ? undefined
      : `its host key is ${fingerprint(key)}, but ${fingerprint(expected)} was expected: this is another machine, or somebody is in between`;
}

/** Accepts any key: `--insecure-host-keys`. */
export const anyHostKey: HostKeyCheck = () => undefined;

interface KnownHost {
  readonly algorithm: string;
  readonly key: Buffer;
  readonly revoked: boolean;
}

function patternMatches(pattern: string, name: string): boolean {
  if (pattern.startsWith("|1|")) {
    const [, , salt, hash] = pattern.split("|");
    const mac = createHmac("sha1", Buffer.from(salt ?? "", "base64"))
      .update(name)
      .digest("base64");
    return mac === hash;
  }
  const wildcard = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${wildcard}$`, "i").test(name);
}

/** The entries of a known_hosts file for one host; the format is sshd(8)'s, hashed names and `[host]:port` included. */
export function knownHosts(text: string, host: string, port: number): readonly KnownHost[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const found: KnownHost[] = [];
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (fields[0] === "" || fields[0]?.startsWith("#")) continue;
    const marker = fields[0]?.startsWith("@") ? fields.shift() : undefined;
    const [names, algorithm, key] = fields;
    if (!names || !algorithm || !key || marker === "@cert-authority") continue;
    const patterns = names.split(",");
    const negated = patterns.some((pattern) => pattern.startsWith("!") && patternMatches(pattern.slice(1), name));
    if (negated || !patterns.some((pattern) => patternMatches(pattern, name))) continue;
    found.push({ algorithm, key: Buffer.from(key, "base64"), revoked: marker === "@revoked" });
  }
  return found;
}

/** Checks a host's key against a known_hosts text; an unknown host is refused. */
export function knownHostKey(
  text: string,
  file: string,
  host: string,
  port: number,
): { check: HostKeyCheck; algorithms: readonly string[] } {
  const entries = knownHosts(text, host, port);
  const check: HostKeyCheck = (key) => {
    if (entries.some((entry) => entry.revoked && entry.key.equals(key)))
      return `its host key is marked as revoked in ${file}`;
    const valid = entries.filter((entry) => !entry.revoked);
    if (valid.some((entry) => entry.key.equals(key))) return undefined;
    if (valid.length === 0) {
      return `its host key ${fingerprint(key)} is not in ${file}: add it there (ssh-keyscan -p ${port} ${host} >> ${file}), or use --insecure-host-keys`;
    }
    return `its host key has changed: ${file} has ${valid.map((entry) => fingerprint(entry.key)).join(", ")}, the host shows ${fingerprint(key)}; if that is right, remove the old entry (ssh-keygen -R ${host})`;
  };
  return { check, algorithms: entries.map((entry) => entry.algorithm) };
}
