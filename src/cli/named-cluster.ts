import { InventoryCluster } from "../cluster/inventory/inventory-cluster.ts";
import { isJepsenError } from "../errors.ts";
import type { Cluster } from "../test.ts";
import { type ClusterOptions, chooseCluster, chosenCluster, clusterOptions, refuseIdle } from "./cluster-choice.ts";
import { parseFlags } from "./option-flags.ts";

/** Flags that name nodes which are there: those that make some are left out. */
export const namedNodes = clusterOptions.omit({ nodeDisk: true });

/** The named nodes, or this host's containers, if there are any; undefined where nodes would have to be made. */
export async function namedCluster(flags: Record<string, unknown>): Promise<Cluster | undefined> {
  const options = parseFlags(clusterOptions, flags) as ClusterOptions;
  const chosen = await chosenCluster(options);
  if (chosen !== "local") return chooseCluster(options, "look");
  refuseIdle(options, "none"); // none are made here
  return undefined;
}

/** Comes up as far as it goes: a node that cannot be reached keeps nobody from the others, and says so when it is asked. */
export async function reachNodes(cluster: Cluster): Promise<void> {
  await cluster.up().catch((error: unknown) => {
    const ofNode = isJepsenError(error, "environment") && cluster instanceof InventoryCluster;
    if (!ofNode && !isJepsenError(error, "connect", "timeout")) throw error;
  });
}
