import { z } from "zod";
import type { Random } from "../../src/test.ts";
import { targetsSchema } from "../targets.ts";

/** What can be done to packets, as `--packet` names it. */
export const PACKET_KINDS = ["delay", "loss", "duplicate", "reorder", "corrupt", "rate"] as const;
export type PacketKind = (typeof PACKET_KINDS)[number];

export const packetSchema = targetsSchema.extend({
  kind: z.enum(PACKET_KINDS),
  /** Of packets that are lost, doubled, sent before others, or get a flipped bit. */
  percent: z.number().min(1).max(100).default(20),
  delayMs: z.number().min(1).max(10_000).default(50),
  jitterMs: z.number().min(0).max(10_000).default(10),
  /** What a node may send to all of these together, in kbit/s. */
  rateKbit: z.number().min(8).max(10_000_000).default(1000),
  /** From whom to whom, instead of targets: both directions between the targets and everybody else. */
  links: z.record(z.string(), z.array(z.string())).optional(),
});

/** The value of a `start-packet` as a script may give it. */
export type PacketValue = z.input<typeof packetSchema>;
/** The same with everything filled in. */
export type PacketFault = z.output<typeof packetSchema>;

/** From each node, to whom: the directions that a fault spoils. */
export type Links = Readonly<Record<string, readonly string[]>>;

/** Both directions between each of these nodes and every other. */
export function linksOf(targets: readonly string[], nodes: readonly string[]): Links {
  return Object.fromEntries(
    nodes.map((from) => [from, nodes.filter((to) => to !== from && (targets.includes(from) || targets.includes(to)))]),
  );
}

/** The netem arguments of a fault, as tc-netem(8) takes them. Reordering needs a delay that some packets escape. */
export function netemArguments(fault: PacketFault): readonly string[] {
  const percent = `${fault.percent}%`;
  const delay = ["delay", `${fault.delayMs}ms`];
  switch (fault.kind) {
    case "delay":
      return fault.jitterMs > 0 ? [...delay, `${fault.jitterMs}ms`, "distribution", "normal"] : delay;
    case "reorder":
      return [...delay, "reorder", percent];
    case "rate":
      return ["rate", `${fault.rateKbit}kbit`];
    default:
      return [fault.kind, percent];
  }
}

/** A fault in words. */
export function describePacket(fault: PacketFault): string {
  switch (fault.kind) {
    case "delay":
      return `packets delayed by ${fault.delayMs} ms ± ${fault.jitterMs} ms`;
    case "loss":
      return `${fault.percent} % of packets lost`;
    case "duplicate":
      return `${fault.percent} % of packets doubled`;
    case "reorder":
      return `${fault.percent} % of packets sent ahead of others`;
    case "corrupt":
      return `${fault.percent} % of packets with a flipped bit`;
    case "rate":
      return `at most ${fault.rateKbit} kbit/s`;
  }
}

/** A fault of this kind at a random size. */
export function drawPacket(kind: PacketKind, random: Random): PacketValue {
  const spread = (low: number, high: number) => Math.round(low * (high / low) ** random.float());
  switch (kind) {
    case "delay": {
      const delayMs = spread(10, 500);
      return { kind, delayMs, jitterMs: Math.round(delayMs / 5) };
    }
    case "reorder":
      return { kind, percent: spread(5, 50), delayMs: spread(5, 50) };
    case "rate":
      return { kind, rateKbit: spread(200, 4000) };
    default:
      return { kind, percent: spread(5, 50) };
  }
}
