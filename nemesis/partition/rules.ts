import { execOk } from "../../src/control/exec.ts";
import type { Session } from "../../src/test.ts";

/** The one table that this family ever touches on a node. */
const TABLE = "jepsen_ts_partition";

/** Before every chain of priority \`filter\` (0): a drop here is final, whatever a firewall accepts later. */
const PRIORITY = -150;

/** Removes the table if it is there: what the lease runs. */
export const UNDO_SCRIPT = `nft list table inet ${TABLE} >/dev/null 2>&1 || exit 0\nnft delete table inet ${TABLE}\n`;

/** Replaces what the node drops, in one transaction: everything from these addresses, of both families. */
export async function installDrops(session: Session, addresses: readonly string[]): Promise<void> {
  const rule = (family: string, list: readonly string[]) =>
    list.length > 0 ? `    ${family} saddr { ${list.join(", ")} } counter drop\n` : "";
  const v6 = addresses.filter((address) => address.includes(":"));
  const v4 = addresses.filter((address) => !address.includes(":"));
  const ruleset = `table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  chain input {
    type filter hook input priority ${PRIORITY}; policy accept;
${rule("ip", v4)}${rule("ip6", v6)}  }
}
`;
  await execOk(session, ["nft", "-f", "-"], { stdin: ruleset });
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
