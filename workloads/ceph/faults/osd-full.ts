import { monotonicMs, sleep } from "../../../src/clock.ts";
import { messageOf } from "../../../src/errors.ts";
import { concluded, skipped } from "../../../src/fault-completion.ts";
import { cycle, once, spaced } from "../../../src/generator/index.ts";
import type { Completion, Invocation, Nemesis, NemesisPackage, Test } from "../../../src/test.ts";
import type { CephDb } from "../db.ts";
import type { Command } from "../monitor-commands.ts";
import { type Fullness, fullness } from "./fullness.ts";

/** Ceph's own limits. An OSD takes none for lower than the one before it. */
const USUAL = { nearfull: 0.85, backfillfull: 0.9, full: 0.95 };
/** Below what an OSD without a single object holds: its database and its journal. */
const LOWERED = { nearfull: 0.0001, backfillfull: 0.0001, full: 0.0001 };
const RESOLVE_MS = 15_000;
const HEAL_MS = 40_000;
const PAUSE_MS = 500;
const JITTER = 0.25;

/**
 * Makes OSDs full by Ceph's own account, without the gigabytes: the cluster's limits are lowered below what they hold. They
 * find that out by themselves, the monitors call their pools full, and clients hold back every write until there is room.
 * Evidence: the monitors' map, in which each OSD that is up and each of our pools is full, or none is.
 */
class OsdFull implements Nemesis {
  readonly fs = new Set(["fill-osds", "free-osds", "heal-full-osds"]);
  readonly #db: CephDb;
  #isFull = false;

  constructor(db: CephDb) {
    this.#db = db;
  }

  async invoke(test: Test, op: Invocation, signal: AbortSignal): Promise<Completion> {
    if (op.f === "fill-osds") return this.#fill(test, signal);
    if (op.f === "free-osds" && !this.#isFull) return skipped("the OSDs are not full");
    return this.#free(test, op.f === "free-osds", signal);
  }

  async #fill(test: Test, signal: AbortSignal): Promise<Completion> {
    if (this.#isFull) return skipped("the OSDs are full already");
    const via = await this.#db.leader(test);
    if (via === undefined) return skipped("no monitor leads now");
    await test
      .guard(via)
      .note("The cluster's full ratios are lowered by the fault osd-full: its pools take no writes.");
    this.#isFull = true;
    const said = await this.#set(test, LOWERED);
    const { isDone, now } = await this.#await(test, isAllFull, RESOLVE_MS, signal);
    const problems = said === undefined ? [] : [said];
    if (!isDone) problems.push("Not every OSD and pool is full, as far as the monitors answer.");
    const finding = `${now?.fullOsds.length} of ${now?.osds.length} OSDs and ${now?.fullPools.length} pools are full.`;
    return concluded(undefined, finding, problems, now);
  }

  async #free(test: Test, wasFull: boolean, signal: AbortSignal): Promise<Completion> {
    const before = await this.#look(test);
    const problems: string[] = [];
    if (wasFull && before && !isAllFull(before)) problems.push("There was room before it was made here.");
    const deadline = monotonicMs() + (wasFull ? RESOLVE_MS : HEAL_MS);
    let after = await this.#await(test, isFree, 0, signal);
    while (!after.isDone && monotonicMs() < deadline) {
      const said = await this.#set(test, USUAL);
      if (said !== undefined) test.log(said); // it is asked again until its time is over
      after = await this.#await(test, isFree, PAUSE_MS * 4, signal);
    }
    if (after.isDone) this.#isFull = false;
    else problems.push("Not every OSD and pool has room again, as far as the monitors answer.");
    return concluded(undefined, "No OSD and no pool is full.", problems, { before, after: after.now });
  }

  /** Sets the limits; what went wrong, if anything did. */
  async #set(test: Test, limits: typeof USUAL): Promise<string | undefined> {
    try {
      await this.#asked(test, async (command) => {
        for (const [name, ratio] of Object.entries(limits)) await command({ prefix: `osd set-${name}-ratio`, ratio });
      });
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  async #asked<T>(test: Test, act: (command: Command) => Promise<T>): Promise<T> {
    const via = await this.#db.leader(test);
    if (via === undefined) throw new Error("No monitor leads now.");
    return this.#db.ask(test, via, act);
  }

  async #look(test: Test): Promise<Fullness | undefined> {
    try {
      return await this.#asked(test, fullness);
    } catch (error) {
      test.log(messageOf(error)); // who waits looks again; nothing is concluded from no answer
      return undefined;
    }
  }

  async #await(test: Test, isSo: (now: Fullness) => boolean, timeoutMs: number, signal: AbortSignal) {
    const deadline = monotonicMs() + timeoutMs;
    for (;;) {
      const now = await this.#look(test);
      const isDone = now !== undefined && isSo(now);
      if (isDone || monotonicMs() >= deadline) return { isDone, now };
      await sleep(PAUSE_MS, signal);
    }
  }
}

function isAllFull({ osds, fullOsds, pools, fullPools, limit }: Fullness): boolean {
  return limit < USUAL.full && fullOsds.length === osds.length && fullPools.length === pools.length;
}

function isFree({ fullOsds, fullPools, limit }: Fullness): boolean {
  return limit === USUAL.full && fullOsds.length === 0 && fullPools.length === 0;
}

/** OSDs that run full and have room again. */
export function osdFull(db: CephDb, intervalMs: number): NemesisPackage {
  return {
    name: "osd-full",
    nemesis: new OsdFull(db),
    generator: spaced(intervalMs / 1000, JITTER, cycle([once({ f: "fill-osds" }), once({ f: "free-osds" })])),
    finalGenerator: [{ f: "free-osds" }, { f: "heal-full-osds" }],
    bands: [{ family: "osd-full", start: ["fill-osds"], stop: ["free-osds", "heal-full-osds"] }],
    values: {}, // it strikes all of them: there is nothing to say
  };
}
