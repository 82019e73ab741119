import type { NodeHolder } from "../control/node-guard.ts";
import type { RunningDaemon } from "../control/running-daemons.ts";

/** Notes that are shown of one node. */
const NOTES_MAX = 12;

/** What was done to a node for good, the latest; and how much more there was. */
export function lastNotes(holder: NodeHolder | undefined): readonly string[] {
  const notes = holder?.notes ?? [];
  const more = notes.length - NOTES_MAX;
  return [...(more > 0 ? [`${more} earlier notes are not shown.`] : []), ...notes.slice(-NOTES_MAX)];
}

/** `etcd (process 65), ceph-osd (process 70)` */
export function daemonNames(daemons: readonly RunningDaemon[]): string {
  return daemons.map(({ program, pid }) => `${program} (process ${pid})`).join(", ");
}
