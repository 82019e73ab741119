import { JepsenError } from "../../src/errors.ts";
import { BRICK, VOLUME } from "./paths.ts";

/** How the volume keeps its data. */
export const LAYOUTS = ["replica-3", "replica-2", "arbiter", "disperse"] as const;

export interface VolumeOptions {
  readonly layout: (typeof LAYOUTS)[number];
  /** Client quorum; "default": what the layout brings. "none" lets two halves write by themselves. */
  readonly quorum: "default" | "none" | "auto";
  /** Caches and write-behind in the clients: faster, and readers on other nodes may see old data for a while. */
  readonly performance: boolean;
  /** Other options, as `name=value`. */
  readonly more: readonly string[];
  /** Seconds after which a silent brick is taken for gone. */
  readonly pingTimeoutS: number;
}

const SHAPES: Readonly<
  Record<VolumeOptions["layout"], { readonly bricks: number; readonly words: readonly string[] }>
> = {
  "replica-3": { bricks: 3, words: ["replica", "3"] },
  "replica-2": { bricks: 2, words: ["replica", "2"] },
  arbiter: { bricks: 3, words: ["replica", "3", "arbiter", "1"] },
  disperse: { bricks: 3, words: ["disperse", "3", "redundancy", "1"] },
};

/** Translators by which a client answers from, or keeps data in, its own memory. */
const CACHES = [
  "write-behind",
  "quick-read",
  "io-cache",
  "read-ahead",
  "readdir-ahead",
  "open-behind",
  "stat-prefetch",
  "nl-cache",
] as const;

/** The nodes that hold bricks: the first ones. Throws JepsenError "usage" when there are too few. */
export function brickNodes(layout: VolumeOptions["layout"], nodes: readonly string[]): readonly string[] {
  const { bricks } = SHAPES[layout];
  if (nodes.length < bricks) {
    throw new JepsenError("usage", `A ${layout} volume needs ${bricks} nodes; there are ${nodes.length}.`);
  }
  return nodes.slice(0, bricks);
}

/** `gluster volume create …` for bricks on these addresses. */
export function createCommand(layout: VolumeOptions["layout"], addresses: readonly string[]): readonly string[] {
  const bricks = addresses.map((address) => `${address}:${BRICK}`);
  return ["volume", "create", VOLUME, ...SHAPES[layout].words, ...bricks, "force"];
}

/** `gluster volume set …`, all options in one transaction. */
export function setCommand(options: VolumeOptions): readonly string[] {
  const pairs = ["network.ping-timeout", String(options.pingTimeoutS)];
  for (const cache of CACHES) pairs.push(`performance.${cache}`, options.performance ? "on" : "off");
  if (options.quorum !== "default") pairs.push("cluster.quorum-type", options.quorum);
  for (const option of options.more) {
    const [name = "", value = ""] = option.split("=");
    pairs.push(name, value);
  }
  return ["volume", "set", VOLUME, ...pairs];
}
