import type { ClusterOptions } from "./configuration.ts";
import { ROLES, type Role } from "./paths.ts";

/** Monitors and managers run on the first nodes: an odd number of the former. */
const MONS_MAX = 3;
const MGRS_MAX = 2;
/** One of them is active, the others stand by; on the last nodes, so that few faults strike them and the monitors together. */
const MDSS_MAX = 3;

/** The nodes that run a daemon of this role. */
export function nodesOf(role: Role, nodes: readonly string[], options: ClusterOptions): readonly string[] {
  switch (role) {
    case "mon":
      return nodes.slice(0, MONS_MAX);
    case "mgr":
      return nodes.slice(0, MGRS_MAX);
    case "osd":
      return nodes;
    case "mds":
      return options.cephfs ? nodes.slice(-MDSS_MAX) : [];
    case "mount":
      return options.cephfs ? nodes : [];
  }
}

/** The daemons of one node. */
export function rolesOf(node: string, nodes: readonly string[], options: ClusterOptions): readonly Role[] {
  return ROLES.filter((role) => nodesOf(role, nodes, options).includes(node));
}
