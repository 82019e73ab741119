import { execOk } from "../src/control/exec.ts";
import type { Session } from "../src/test.ts";

/** The one nft table that a fault family ever touches on a node; its rules see what comes in. */
export class NftTable {
  readonly name: string;
  readonly #priority: number;
  /** Removes the table if it is there: what the lease runs. */
  readonly undoScript: string;

  /** `priority` of the chain: below 0, where firewalls are, a drop is final whatever they accept. */
  constructor(name: string, priority: number) {
    this.name = name;
    this.#priority = priority;
    this.undoScript = `if nft list table inet ${name} >/dev/null 2>&1; then nft delete table inet ${name} || exit 1; fi\n`;
  }

  /** The whole table as text that replaces it in one transaction; `chains` are others that `input` may jump to. */
  text(input: readonly string[], chains: Readonly<Record<string, readonly string[]>> = {}): string {
    const chain = (name: string, rules: readonly string[]) =>
      `  chain ${name} {\n${rules.map((rule) => `    ${rule}\n`).join("")}  }\n`;
    const hook = `type filter hook input priority ${this.#priority}; policy accept;`;
    const others = Object.entries(chains).map(([name, rules]) => chain(name, rules));
    return `table inet ${this.name}
delete table inet ${this.name}
table inet ${this.name} {
${others.join("")}${chain("input", [hook, ...input])}}
`;
  }

  /** Removes the table; no error when it is not there. */
  async remove(session: Session): Promise<void> {
    await execOk(session, ["sh", "-c", this.undoScript]);
  }
}

/** Runs nft commands in one transaction. */
export async function applyNft(session: Session, text: string): Promise<void> {
  await execOk(session, ["nft", "-f", "-"], { stdin: text });
}

/** A rule for what comes from IPv4 addresses and one for IPv6, where there are any. */
export function fromAddresses(addresses: readonly string[], verdict: string): readonly string[] {
  const isV6 = (address: string) => address.includes(":");
  const rule = (family: string, list: readonly string[]) =>
    list.length > 0 ? [`${family} saddr { ${list.join(", ")} } ${verdict}`] : [];
  const v4 = addresses.filter((address) => !isV6(address));
  return [...rule("ip", v4), ...rule("ip6", addresses.filter(isV6))];
}
