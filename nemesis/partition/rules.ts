import { execOk } from "../../src/control/exec.ts";
import type { Session } from "../../src/test.ts";

/** The one table that this family ever touches on a node. */
const TABLE = "jepsen_ts_partition";

/** Before every chain of priority `filter` (0): a drop here is final, whatever a firewall accepts later. */
const PRIORITY = -150;

/** Removes the table if it is there: what the lease runs. */
export const UNDO_SCRIPT = `nft list table inet ${TABLE} >/dev/null 2>&1 || exit 0\nnft delete table inet ${TABLE}\n`;

/** Where the control process's SSH connections to a node come from, and where they end. */
export interface ControlPath {
  readonly address: string;
  readonly port: number;
}

/** How the control process reaches this node, as its SSH server tells; undefined where that does not say it. */
export async function controlPath(session: Session): Promise<ControlPath | undefined> {
  const said = await execOk(session, ["sh", "-c", 'echo "$SSH_CONNECTION"']);
  const [client, , , port] = said.trim().split(" ");
  const address = client?.replace(/%.*$/, ""); // a link-local address names its device
  return address && Number(port) > 0 ? { address, port: Number(port) } : undefined;
}

/**
 * The rules of a cut: everything from these addresses, of both families, is dropped, but for the control process's own
 * SSH connections: also where the control process lives on a node. `drops` is a chain of its own, so that links can flap.
 */
export function dropRules(addresses: readonly string[], paths: readonly ControlPath[]): string {
  const family = (address: string) => (address.includes(":") ? "ip6" : "ip");
  const spared = paths.flatMap(({ address, port }) => [
    `    ${family(address)} saddr ${address} tcp dport ${port} accept`,
    `    ${family(address)} daddr ${address} tcp sport ${port} accept`,
  ]);
  return `table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  chain drops {
${drops(addresses)
  .map((rule) => `    ${rule}\n`)
  .join("")}  }
  chain input {
    type filter hook input priority ${PRIORITY}; policy accept;
${[...new Set(spared)].map((rule) => `${rule}\n`).join("")}    jump drops
  }
}
`;
}

function drops(addresses: readonly string[]): readonly string[] {
  const v6 = addresses.filter((address) => address.includes(":"));
  const v4 = addresses.filter((address) => !address.includes(":"));
  const rule = (family: string, list: readonly string[]) => `${family} saddr { ${list.join(", ")} } counter drop`;
  return [...(v4.length > 0 ? [rule("ip", v4)] : []), ...(v6.length > 0 ? [rule("ip6", v6)] : [])];
}

/** Replaces what the node drops, in one transaction. */
export async function installDrops(
  session: Session,
  addresses: readonly string[],
  paths: readonly ControlPath[],
): Promise<void> {
  await execOk(session, ["nft", "-f", "-"], { stdin: dropRules(addresses, paths) });
}

/** Lets the dropped packets pass for a while, or drops them again. Rejects when the table is gone. */
export async function switchDrops(session: Session, addresses: readonly string[], isDown: boolean): Promise<void> {
  const rules = isDown ? drops(addresses).map((rule) => `add rule inet ${TABLE} drops ${rule}\n`) : [];
  await execOk(session, ["nft", "-f", "-"], { stdin: `flush chain inet ${TABLE} drops\n${rules.join("")}` });
}

/** Removes the table; no error when it is not there. */
export async function removeDrops(session: Session): Promise<void> {
  await execOk(session, ["sh", "-c", UNDO_SCRIPT]);
}

/** The addresses of a node that others could send from, both families, without loopback and link-local ones. */
export async function globalAddresses(session: Session): Promise<readonly string[]> {
  const out = await execOk(session, ["ip", "-o", "addr", "show", "scope", "global"]);
  return [...out.matchAll(/ inet6? ([0-9a-fA-F.:]+)/g)].map((match) => match[1] ?? "");
}
