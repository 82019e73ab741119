import { awaitTrue } from "../../src/control/daemon.ts";
import { isJepsenError, JepsenError, messageOf } from "../../src/errors.ts";
import type { Session } from "../../src/test.ts";
import type { ClusterOptions } from "./configuration.ts";
import { POOL } from "./paths.ts";
import { RadosSession } from "./rados-session.ts";

const COMMAND_TIMEOUT_MS = 15_000;
const QUORUM_TIMEOUT_MS = 45_000;
const HEALTH_TIMEOUT_MS = 90_000;
/** Objects are placed by the hash of their name: with so many for each placement group, hardly one is left out. */
const PROBES_PER_GROUP = 6;

type Command = (what: Readonly<Record<string, unknown>>) => Promise<unknown>;

async function withCommands<T>(session: Session, act: (command: Command) => Promise<T>): Promise<T> {
  const monitors = new RadosSession(session, "", COMMAND_TIMEOUT_MS);
  try {
    return await act(async (what) => {
      const outcome = await monitors.call(["command", what]);
      if ("value" in outcome) return outcome.value;
      const { code, message } = outcome.error;
      throw new JepsenError("setup", `"${String(what.prefix)}" failed (${code}): ${message ?? "no reason given"}`, {
        node: session.node,
      });
    });
  } finally {
    await monitors.close();
  }
}

/** A bound that was reached during set-up is tried again from the start. */
async function awaitSetup(probe: () => Promise<boolean>, sentence: () => string, timeoutMs: number): Promise<void> {
  try {
    await awaitTrue(probe, "", { timeoutMs, pauseMs: 200 });
  } catch (error) {
    if (!isJepsenError(error, "timeout")) throw error;
    throw new JepsenError("setup", sentence().trimEnd(), error.data, error);
  }
}

/** Waits for the monitors' quorum and tells them of the OSDs that will come. Rejects with JepsenError "setup". */
export async function registerOsds(session: Session, uuids: readonly string[]): Promise<void> {
  await withCommands(session, async (command) => {
    let last = "";
    const hasQuorum = () =>
      command({ prefix: "mon stat" }).then(
        () => true,
        (error: unknown) => {
          last = messageOf(error); // nobody leads yet
          return false;
        },
      );
    const sentence = () => `Ceph's monitors formed no quorum within ${QUORUM_TIMEOUT_MS / 1000} s. ${last}`;
    await awaitSetup(hasQuorum, sentence, QUORUM_TIMEOUT_MS);
    for (const [number, uuid] of uuids.entries()) await command({ prefix: "osd new", uuid, id: number });
  });
}

interface OsdStat {
  readonly num_up_osds?: number;
  readonly num_in_osds?: number;
}

/** Waits for the OSDs, makes the pool, and waits until objects all over it can be written. Rejects with JepsenError "setup". */
export async function createPool(session: Session, options: ClusterOptions, osds: number): Promise<void> {
  await withCommands(session, async (command) => {
    const allUp = async () => {
      const stat = (await command({ prefix: "osd stat" })) as OsdStat;
      return stat.num_up_osds === osds && stat.num_in_osds === osds;
    };
    const sentence = () => `Not all ${osds} OSDs were up within ${HEALTH_TIMEOUT_MS / 1000} s.`;
    await awaitSetup(allUp, sentence, HEALTH_TIMEOUT_MS);
    const groups = options.placementGroups;
    await command({ prefix: "osd pool create", pool: POOL, pg_num: groups, pgp_num: groups, pool_type: "replicated" });
    await command({ prefix: "osd pool application enable", pool: POOL, app: "jepsen-ts" });
  });
  const objects = new RadosSession(session, POOL, COMMAND_TIMEOUT_MS);
  try {
    const wanted = options.placementGroups * PROBES_PER_GROUP;
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
