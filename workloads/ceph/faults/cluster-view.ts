import type { Command } from "../monitor-commands.ts";
import { DATA_POOL, METADATA_POOL, POOL } from "../paths.ts";

const POOLS: ReadonlySet<string> = new Set([POOL, DATA_POOL, METADATA_POOL]);

/** One OSD as the monitors know it. */
export interface OsdState {
  /** Another one each time its disk is replaced. */
  readonly uuid: string;
  readonly isUp: boolean;
  /** Whether data is placed on it. */
  readonly isIn: boolean;
  /** The map's epoch in which its data was given up; 0 for never. */
  readonly lostAt: number;
}

/** What the monitors know of the OSDs. */
export interface ClusterView {
  /** By number. */
  readonly osds: ReadonlyMap<number, OsdState>;
  /** How many placement groups of our pools are to be on each OSD, by number. */
  readonly groups: ReadonlyMap<number, number>;
}

interface Dump {
  readonly osds: readonly { osd: number; uuid: string; up: number; in: number; lost_at: number }[];
  readonly pools: readonly { pool: number; pool_name: string; pg_num: number }[];
}

/** Asks the monitors; the placement is reckoned by them from their map alone. */
export async function clusterView(command: Command): Promise<ClusterView> {
  const dump = (await command({ prefix: "osd dump" })) as Dump;
  const osds = dump.osds.map((each): [number, OsdState] => [
    each.osd,
    { uuid: each.uuid, isUp: each.up === 1, isIn: each.in === 1, lostAt: each.lost_at },
  ]);
  const groups = new Map<number, number>();
  for (const { pool, pool_name, pg_num } of dump.pools) {
    if (!POOLS.has(pool_name)) continue;
    for (let group = 0; group < pg_num; group++) {
      const pgid = `${pool}.${group.toString(16)}`;
      const { up } = (await command({ prefix: "pg map", pgid })) as { readonly up: readonly number[] };
      for (const id of up) groups.set(id, (groups.get(id) ?? 0) + 1);
    }
  }
  return { osds: new Map(osds), groups };
}

interface Status {
  readonly mgrmap?: { readonly available?: boolean };
  readonly pgmap?: {
    readonly num_pgs?: number;
    readonly pgs_by_state?: readonly { state_name: string; count: number }[];
  };
}

/** Whether a manager says that every placement group has all its copies. */
export async function isClean(command: Command): Promise<boolean> {
  const { mgrmap, pgmap } = (await command({ prefix: "status" })) as Status;
  const clean = (pgmap?.pgs_by_state ?? []).filter(({ state_name }) => /^active\+clean\b/.test(state_name));
  const count = clean.reduce((sum, each) => sum + each.count, 0);
  return mgrmap?.available === true && count > 0 && count === pgmap?.num_pgs;
}
