import { execOk } from "../../src/control/exec.ts";
import { JepsenError } from "../../src/errors.ts";
import type { Session } from "../../src/test.ts";
import { applyNft, fromAddresses, NftTable } from "../nft-table.ts";
import { netemArguments, type PacketFault } from "./behaviour.ts";

const TABLE = new NftTable("jepsen_ts_packet", -140);
/** The one queue that this family ever touches on a node. */
const HANDLE = "7a7a:";

/** Takes table and queues away if they are there: what the lease runs. */
export const UNDO_SCRIPT = `${TABLE.undoScript}command -v tc >/dev/null 2>&1 || exit 0
for device in $(tc qdisc show | sed -n 's/^qdisc prio ${HANDLE} dev \\([^ ]*\\) .*/\\1/p'); do tc qdisc del dev "$device" root || exit 1; done
`;

/** Whether the node's kernel has netem, and what stands in the way if it has not. */
export async function netemProblem(session: Session): Promise<string | undefined> {
  const script = `command -v tc >/dev/null 2>&1 || { echo "tc is not installed" >&2; exit 1; }
tc qdisc add dev lo root handle ${HANDLE} prio bands 4 || exit 1
tc qdisc add dev lo parent ${HANDLE}4 netem delay 1ms; code=$?
tc qdisc del dev lo root; exit $code`;
  const { code, stderr } = await session.exec(["sh", "-c", script]);
  return code === 0 ? undefined : stderr.trim().replaceAll("\n", " ");
}

/** Drops a share of what comes from these addresses: loss without netem. In one transaction. */
export async function installLoss(session: Session, percent: number, addresses: readonly string[]): Promise<void> {
  await applyNft(session, lossRules(percent, addresses));
}

/** The rules of `installLoss`, to a hundredth of a percent. */
export function lossRules(percent: number, addresses: readonly string[]): string {
  const share = Math.round(percent * 100);
  const chance = share < 10_000 ? `numgen random mod 10000 < ${share} ` : ""; // nft refuses a comparison that is always true
  return TABLE.text(fromAddresses(addresses, `${chance}counter drop`));
}

/**
 * Spoils what is sent to these addresses: a queue of four bands on each device that leads to them, the fourth of which
 * is netem and takes only what a filter sends there. A device with somebody else's queue is left alone, which is an error.
 */
export async function installNetem(session: Session, fault: PacketFault, addresses: readonly string[]): Promise<void> {
  const devices = new Map<string, string[]>();
  for (const address of addresses) {
    const route = await execOk(session, ["ip", "-o", "route", "get", address]);
    const device = /\bdev (\S+)/.exec(route)?.[1];
    if (device === undefined)
      throw new JepsenError("remote", `${session.node} has no route to ${address}.`, { node: session.node });
    devices.set(device, [...(devices.get(device) ?? []), address]);
  }
  for (const [device, list] of devices) {
    await execOk(session, ["tc", "qdisc", "add", "dev", device, "root", "handle", HANDLE, "prio", "bands", "4"]);
    await execOk(session, [
      "tc",
      "qdisc",
      "add",
      "dev",
      device,
      "parent",
      `${HANDLE}4`,
      "netem",
      ...netemArguments(fault),
    ]);
    for (const address of list) await execOk(session, filterArguments(device, address));
  }
}

/** The filter that sends one address's packets to the fourth band. */
export function filterArguments(device: string, address: string): readonly string[] {
  const isV6 = address.includes(":");
  const match = isV6 ? ["ip6", "dst", `${address}/128`] : ["ip", "dst", `${address}/32`];
  const protocol = isV6 ? ["ipv6", "prio", "4"] : ["ip", "prio", "3"];
  const fixed = ["tc", "filter", "add", "dev", device, "parent", HANDLE, "protocol", ...protocol];
  return [...fixed, "u32", "match", ...match, "flowid", `${HANDLE}4`];
}

/** Takes everything away; no error when nothing is there. */
export async function removeShaping(session: Session): Promise<void> {
  await execOk(session, ["sh", "-c", UNDO_SCRIPT]);
}
