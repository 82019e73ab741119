import { execOk } from "../../src/control/exec.ts";
import type { Session } from "../../src/test.ts";
import { applyNft, fromAddresses, NftTable } from "../nft-table.ts";

const TABLE = new NftTable("jepsen_ts_partition", -150);

/** Removes the cut: what the lease runs. */
export const UNDO_SCRIPT = TABLE.undoScript;

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
    `${family(address)} saddr ${address} tcp dport ${port} accept`,
    `${family(address)} daddr ${address} tcp sport ${port} accept`,
  ]);
  return TABLE.text([...new Set(spared), "jump drops"], { drops: drops(addresses) });
}

function drops(addresses: readonly string[]): readonly string[] {
  return fromAddresses(addresses, "counter drop");
}

/** Replaces what the node drops, in one transaction. */
export async function installDrops(
  session: Session,
  addresses: readonly string[],
  paths: readonly ControlPath[],
): Promise<void> {
  await applyNft(session, dropRules(addresses, paths));
}

/** Lets the dropped packets pass for a while, or drops them again. Rejects when the table is gone. */
export async function switchDrops(session: Session, addresses: readonly string[], isDown: boolean): Promise<void> {
  const rules = isDown ? drops(addresses).map((rule) => `add rule inet ${TABLE.name} drops ${rule}\n`) : [];
  await applyNft(session, `flush chain inet ${TABLE.name} drops\n${rules.join("")}`);
}

/** Removes the table; no error when it is not there. */
export async function removeDrops(session: Session): Promise<void> {
  await TABLE.remove(session);
}

/** The addresses of a node that others could send from, both families, without loopback and link-local ones. */
export async function globalAddresses(session: Session): Promise<readonly string[]> {
  const out = await execOk(session, ["ip", "-o", "addr", "show", "scope", "global"]);
  return [...out.matchAll(/ inet6? ([0-9a-fA-F.:]+)/g)].map((match) => match[1] ?? "");
}
