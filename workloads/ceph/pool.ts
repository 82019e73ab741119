import type { Session } from "../../src/test.ts";
import type { ClusterOptions } from "./configuration.ts";
import { awaitSetup, HEALTH_TIMEOUT_MS } from "./health.ts";
import type { Command } from "./monitor-commands.ts";
import { POOL } from "./paths.ts";
import { RadosSession } from "./rados-session.ts";

const WRITE_TIMEOUT_MS = 15_000;
/** Objects are placed by the hash of their name: with so many for each placement group, hardly one is left out. */
const PROBES_PER_GROUP = 6;

/** Makes the pool of the RADOS workloads; it takes writes later. */
export async function createPool(command: Command, { placementGroups: groups }: ClusterOptions): Promise<void> {
  await command({ prefix: "osd pool create", pool: POOL, pg_num: groups, pgp_num: groups, pool_type: "replicated" });
  await command({ prefix: "osd pool application enable", pool: POOL, app: "jepsen-ts" });
}

/** Waits until objects all over the pool can be written. Rejects with JepsenError "setup". */
export async function awaitPool(session: Session, { placementGroups }: ClusterOptions): Promise<void> {
  const objects = new RadosSession(session, POOL, WRITE_TIMEOUT_MS);
  try {
    const wanted = placementGroups * PROBES_PER_GROUP;
    let written = 0;
    let last = "";
    const allWritable = async () => {
      while (written < wanted) {
        const outcome = await objects.call(["write", `probe/${written}`, "x"]);
        if ("error" in outcome) {
          last = outcome.error.message ?? outcome.error.code;
          return false;
        }
        written++;
      }
      return true;
    };
    const sentence = () => `The pool did not take writes within ${HEALTH_TIMEOUT_MS / 1000} s. ${last}`;
    await awaitSetup(allWritable, sentence, HEALTH_TIMEOUT_MS);
  } finally {
    await objects.close();
  }
}
