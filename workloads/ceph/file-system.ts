import type { ClusterOptions } from "./configuration.ts";
import { awaitSetup, HEALTH_TIMEOUT_MS } from "./health.ts";
import type { Command } from "./monitor-commands.ts";
import { DATA_POOL, FILE_SYSTEM, METADATA_POOL } from "./paths.ts";

const METADATA_GROUPS_MAX = 8;
/** A client that is not heard of for so long is shut out, and what it held is free again. Ceph takes no less (its default: 60). */
const SESSION_TIMEOUT_S = 30;

interface MdsInfo {
  readonly name: string;
  readonly state: string;
}

interface FsDump {
  readonly filesystems?: readonly { readonly mdsmap: { readonly info: Readonly<Record<string, MdsInfo>> } }[];
}

/** The nodes of the metadata servers that are active: they are named after their nodes. */
export async function activeMetadataServers(command: Command): Promise<readonly string[]> {
  const { filesystems = [] } = (await command({ prefix: "fs dump" })) as FsDump;
  const servers = filesystems.flatMap(({ mdsmap }) => Object.values(mdsmap.info));
  return servers.filter(({ state }) => state === "up:active").map(({ name }) => name);
}

/** Makes the two pools and the file system, and waits for its metadata server. Rejects with JepsenError "setup". */
export async function createFileSystem(command: Command, { placementGroups }: ClusterOptions): Promise<void> {
  const pools = [
    [METADATA_POOL, Math.min(METADATA_GROUPS_MAX, placementGroups)],
    [DATA_POOL, placementGroups],
  ] as const;
  for (const [pool, groups] of pools) {
    await command({ prefix: "osd pool create", pool, pg_num: groups, pgp_num: groups, pool_type: "replicated" });
  }
  await command({ prefix: "fs new", fs_name: FILE_SYSTEM, metadata: METADATA_POOL, data: DATA_POOL });
  for (const setting of ["session_timeout", "session_autoclose"]) {
    await command({ prefix: "fs set", fs_name: FILE_SYSTEM, var: setting, val: String(SESSION_TIMEOUT_S) });
  }
  const isActive = async () => (await activeMetadataServers(command)).length > 0;
  const sentence = () => `No metadata server became active within ${HEALTH_TIMEOUT_MS / 1000} s.`;
  await awaitSetup(isActive, sentence, HEALTH_TIMEOUT_MS);
}
