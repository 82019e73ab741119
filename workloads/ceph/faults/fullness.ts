import type { Command } from "../monitor-commands.ts";

/** Who is full in the monitors' map. */
export interface Fullness {
  /** The share of a disk in use from which on it counts as full. */
  readonly limit: number;
  /** Numbers of the OSDs that are up, and of those that are full. */
  readonly osds: readonly number[];
  readonly fullOsds: readonly number[];
  readonly pools: readonly string[];
  readonly fullPools: readonly string[];
}

interface Dump {
  readonly full_ratio: number;
  readonly osds: readonly { osd: number; up: number; state: readonly string[] }[];
  readonly pools: readonly { pool_name: string; flags_names: string }[];
}

/** Asks the monitors. An OSD that is down cannot say whether it is full: it counts for nothing. */
export async function fullness(command: Command): Promise<Fullness> {
  const { full_ratio, osds, pools } = (await command({ prefix: "osd dump" })) as Dump;
  const up = osds.filter((each) => each.up === 1);
  const isFull = ({ flags_names }: Dump["pools"][number]) => flags_names.split(",").includes("full");
  return {
    limit: Number(full_ratio.toFixed(6)), // the map keeps it as a 32-bit number
    osds: up.map(({ osd }) => osd),
    fullOsds: up.filter(({ state }) => state.includes("full")).map(({ osd }) => osd),
    pools: pools.map(({ pool_name }) => pool_name),
    fullPools: pools.filter(isFull).map(({ pool_name }) => pool_name),
  };
}
