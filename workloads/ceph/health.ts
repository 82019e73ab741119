import { awaitTrue } from "../../src/control/daemon.ts";
import { isJepsenError, JepsenError, messageOf } from "../../src/errors.ts";
import type { Command } from "./monitor-commands.ts";

const QUORUM_TIMEOUT_MS = 45_000;
/** How long OSDs, pools, metadata servers and mounts may take, each. */
export const HEALTH_TIMEOUT_MS = 90_000;
const PAUSE_MS = 200;

/** Waits for a part of the cluster. A bound that was reached during set-up is tried again from the start. */
export async function awaitSetup(
  probe: () => Promise<boolean>,
  sentence: () => string,
  timeoutMs: number,
): Promise<void> {
  try {
    await awaitTrue(probe, "", { timeoutMs, pauseMs: PAUSE_MS });
  } catch (error) {
    if (!isJepsenError(error, "timeout")) throw error;
    throw new JepsenError("setup", sentence().trimEnd(), error.data, error);
  }
}

/** Waits until a monitor leads and answers. Rejects with JepsenError "setup". */
export async function awaitQuorum(command: Command): Promise<void> {
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
}

interface OsdStat {
  readonly num_up_osds?: number;
  readonly num_in_osds?: number;
}

/** Waits until so many OSDs are up and in. Rejects with JepsenError "setup". */
export async function awaitOsds(command: Command, osds: number): Promise<void> {
  const allUp = async () => {
    const stat = (await command({ prefix: "osd stat" })) as OsdStat;
    return stat.num_up_osds === osds && stat.num_in_osds === osds;
  };
  const sentence = () => `Not all ${osds} OSDs were up within ${HEALTH_TIMEOUT_MS / 1000} s.`;
  await awaitSetup(allUp, sentence, HEALTH_TIMEOUT_MS);
}
