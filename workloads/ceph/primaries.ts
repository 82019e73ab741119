import { isJepsenError } from "../../src/errors.ts";
import type { Test } from "../../src/test.ts";
import { askDaemon } from "./admin-socket.ts";
import type { ClusterOptions } from "./configuration.ts";
import { activeMetadataServers } from "./file-system.ts";
import { type Command, withCommands } from "./monitor-commands.ts";
import { objectsInUse } from "./objects-in-use.ts";
import { POOL, socketOf } from "./paths.ts";
import { nodesOf } from "./placement.ts";

const STATUS_TIMEOUT_MS = 5_000;
/** Of the objects that clients work on now, so many are asked for; each has one primary. */
const OBJECTS_MAX = 2;

/** The nodes whose monitor says that it leads; a monitor that does not answer, leads nobody. */
export async function leaders(test: Test, options: ClusterOptions): Promise<readonly string[]> {
  const nodes = nodesOf("mon", test.nodes, options);
  const states = await Promise.all(
    nodes.map(async (node) => askDaemon(await test.cluster.session(node), socketOf("mon"), "mon_status")),
  );
  return nodes.filter((_, i) => (states[i] as { state?: string } | undefined)?.state === "leader");
}

/**
 * The nodes of the leading monitor, of the acting primaries of the objects that clients work on, and of the active
 * metadata server; only the leader where it has no quorum to tell the rest, and nobody where none leads.
 */
export async function primaries(test: Test, options: ClusterOptions): Promise<readonly string[]> {
  const found = new Set(await leaders(test, options));
  const [leader] = found;
  if (leader === undefined) return [];
  const session = await test.cluster.session(leader);
  try {
    await withCommands(
      session,
      async (command) => {
        for (const node of await actingPrimaries(test, command)) found.add(node);
        if (options.cephfs) for (const node of await activeMetadataServers(command)) found.add(node);
      },
      { code: "remote", timeoutMs: STATUS_TIMEOUT_MS },
    );
  } catch (error) {
    if (!isJepsenError(error, "remote")) throw error;
    test.log(`The leading monitor on ${leader} does not answer: ${error.message}`);
  }
  return test.nodes.filter((node) => found.has(node));
}

async function actingPrimaries(test: Test, command: Command): Promise<readonly string[]> {
  const objects = objectsInUse(test).slice(0, OBJECTS_MAX);
  const found: string[] = [];
  for (const object of objects) {
    const map = (await command({ prefix: "osd map", pool: POOL, object })) as { readonly acting_primary: number };
    const node = test.nodes[map.acting_primary]; // none for -1: nobody serves it now
    if (node !== undefined) found.push(node);
  }
  return found;
}
