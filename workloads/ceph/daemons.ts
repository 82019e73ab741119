import { type Daemon, startDaemon, stopDaemon } from "../../src/control/daemon.ts";
import type { Session } from "../../src/test.ts";
import { removeMounts, startMount } from "./mount.ts";
import { CONF, LOGS, pidFileOf, ROLES, type Role } from "./paths.ts";

function daemon(role: Role, node: string, nodes: readonly string[]): Daemon {
  const id = role === "osd" ? String(nodes.indexOf(node)) : node;
  const argv = [`ceph-${role}`, "--foreground", "--conf", CONF, "--id", id];
  return { argv, pidFile: pidFileOf(role), logFile: `${LOGS}/${role}.out.log` };
}

/** Starts a daemon of the session's node, unless it runs. Resolves when its process is there. */
export async function startRole(session: Session, role: Role, nodes: readonly string[]): Promise<void> {
  if (role === "mount") await startMount(session);
  else await startDaemon(session, daemon(role, session.node, nodes));
}

/** Ends everything of ours on the node, hung mounts too. */
export async function endAll(session: Session): Promise<void> {
  await Promise.all(ROLES.map((role) => stopDaemon(session, pidFileOf(role))));
  await removeMounts(session);
}
