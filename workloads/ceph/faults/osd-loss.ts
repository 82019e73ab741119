import { canKill } from "../../../src/abilities.ts";
import { monotonicMs, sleep } from "../../../src/clock.ts";
import { messageOf } from "../../../src/errors.ts";
import { concluded, skipped } from "../../../src/fault-completion.ts";
import type { Completion, Invocation, Nemesis, NemesisPackage, Test } from "../../../src/test.ts";
import { candidates, candidatesSchema } from "../../candidates.ts";
import type { CephDb } from "../db.ts";
import { osdOf } from "../osd-disks.ts";
import { dataOf } from "../paths.ts";
import { clusterView, isClean, type OsdState } from "./cluster-view.ts";
import { strikeAndUndo } from "./strikes.ts";

const UP_MS = 20_000;
const CLEAN_MS = 6_000;
const HEAL_MS = 40_000;
const PAUSE_MS = 500;

/** A disk that was lost, with the OSD as it was then. */
interface Lost {
  readonly node: string;
  readonly before: OsdState | undefined;
}

/**
 * Destroys the disk of one OSD, tells the monitors that it is lost, and gives it an empty one later. Only one disk at a
 * time: the next one goes only after every placement group had all its copies again. So much a pool that takes no write
 * with fewer than two copies must survive, whatever else is down; a pool that takes writes with one need not.
 */
class OsdLoss implements Nemesis {
  readonly fs = new Set(["lose-osd", "replace-osd", "heal-osd-loss"]);
  readonly #db: CephDb;
  #lost: Lost | undefined;
  #mayBeThin = false;

  constructor(db: CephDb) {
    this.#db = db;
  }

  async invoke(test: Test, op: Invocation, signal: AbortSignal): Promise<Completion> {
    if (op.f === "lose-osd") return this.#lose(test, op.value);
    if (this.#lost) return this.#replace(test, this.#lost, op.f === "replace-osd" ? UP_MS : HEAL_MS, signal);
    return op.f === "replace-osd"
      ? skipped("no disk is lost")
      : concluded(undefined, "Every OSD has its disk.", [], null);
  }

  async #lose(test: Test, value: unknown): Promise<Completion> {
    const order = candidates(test.nodes, value);
    if (!order) return skipped(`lose-osd cannot be done with ${JSON.stringify(value)}`);
    if (this.#lost) return skipped(`the disk of ${this.#lost.node} has not been replaced yet`);
    const via = await this.#db.leader(test);
    if (via === undefined) return skipped("no monitor leads now");
    let before: ReadonlyMap<number, OsdState>;
    try {
      if (this.#mayBeThin && !(await this.#db.ask(test, via, isClean)))
        return skipped("what the last lost disk held has not got all its copies back yet");
      before = (await this.#db.ask(test, via, clusterView)).osds;
    } catch (error) {
      return skipped(messageOf(error));
    }
    const running = await Promise.all(order.map((node) => this.#runs(test, node)));
    const node = order.find((_, i) => running[i]);
    if (node === undefined) return skipped("no OSD runs on the nodes that were named");
    const id = osdOf(test, node);
    await test.guard(node).note(`The disk of osd.${id} on ${node} is destroyed by the fault osd-loss.`);
    this.#lost = { node, before: before.get(id) };
    this.#mayBeThin = true;
    const problems: string[] = [];
    try {
      if (canKill(test.db)) await test.db.kill(test, node, ["osd"]);
      await this.#db.loseDisk(test, node, via);
    } catch (error) {
      problems.push(messageOf(error));
    }
    problems.push(...(await this.#remains(test, node)));
    const after = await this.#state(test, id);
    if (after === undefined) problems.push("No monitor tells what became of it.");
    else if (after.isUp || after.lostAt === this.#lost.before?.lostAt) problems.push(`osd.${id} is not given up yet.`);
    const finding = `osd.${id} on ${node} has ended, its disk is gone, and the monitors have given its data up.`;
    return concluded({ nodes: [node] }, finding, problems, { before: this.#lost.before, after });
  }

  async #replace(test: Test, { node, before }: Lost, upMs: number, signal: AbortSignal): Promise<Completion> {
    const problems = await this.#remains(test, node);
    const id = osdOf(test, node);
    const deadline = monotonicMs() + upMs;
    let isNew = false;
    let isStarted = false;
    let isBack = false;
    let last = "";
    let after: OsdState | undefined;
    do {
      try {
        const via = isNew ? undefined : await this.#db.leader(test);
        if (via !== undefined) {
          await this.#db.replaceDisk(test, node, via);
          isNew = true;
        }
        if (isNew && !isStarted && canKill(test.db)) {
          await test.db.start(test, node, ["osd"]);
          isStarted = true;
        }
      } catch (error) {
        last = messageOf(error); // no quorum yet, or an OSD that does not start yet
      }
      after = await this.#state(test, id);
      const isAnother = after !== undefined && after.uuid !== before?.uuid;
      // what has been started and runs no more was ended by another fault, whose business it is now
      isBack = isStarted && isAnother && (after?.isUp === true || !(await this.#runs(test, node)));
      if (isBack) break;
      await sleep(PAUSE_MS, signal);
    } while (monotonicMs() < deadline);
    if (isNew) this.#lost = undefined;
    if (!isBack) problems.push(`osd.${id} on ${node} did not come back with an empty disk. ${last}`.trimEnd());
    const clean = isNew && (await this.#awaitClean(test, signal));
    if (clean) this.#mayBeThin = false;
    const copies = clean
      ? "; every placement group has all its copies"
      : "; not every placement group has its copies yet";
    const runs = after?.isUp
      ? "it runs with an empty one now"
      : "it has an empty one now, and another fault has ended it";
    const finding = `Until then osd.${id} had no disk; ${runs}${copies}.`;
    return concluded({ nodes: [node], clean }, finding, problems, { before, after });
  }

  async #runs(test: Test, node: string): Promise<boolean> {
    return (await this.#db.processes(test, node)).some(({ role }) => role === "osd");
  }

  /** What of a lost OSD is still there. */
  async #remains(test: Test, node: string): Promise<string[]> {
    const session = await test.cluster.session(node);
    const block = await session.exec(["test", "-e", `${dataOf("osd")}/block`]);
    return [
      ...((await this.#runs(test, node)) ? [`An OSD runs on ${node}.`] : []),
      ...(block.code === 0 ? [`The disk of the OSD on ${node} is still there.`] : []),
    ];
  }

  async #state(test: Test, id: number): Promise<OsdState | undefined> {
    const via = await this.#db.leader(test);
    if (via === undefined) return undefined;
    try {
      return (await this.#db.ask(test, via, clusterView)).osds.get(id);
    } catch {
      return undefined; // it leads no more: nobody can say
    }
  }

  async #awaitClean(test: Test, signal: AbortSignal): Promise<boolean> {
    const deadline = monotonicMs() + CLEAN_MS;
    while (monotonicMs() < deadline) {
      const via = await this.#db.leader(test);
      if (via !== undefined && (await this.#db.ask(test, via, isClean).catch(() => false))) return true;
      await sleep(PAUSE_MS, signal);
    }
    return false;
  }
}

/** Disks that are lost and replaced by empty ones. */
export function osdLoss(db: CephDb, intervalMs: number, nodes: readonly string[]): NemesisPackage {
  return {
    name: "osd-loss",
    nemesis: new OsdLoss(db),
    generator: strikeAndUndo(intervalMs, "lose-osd", "replace-osd"),
    finalGenerator: [{ f: "replace-osd" }, { f: "heal-osd-loss" }],
    bands: [{ family: "osd-loss", start: ["lose-osd"], stop: ["replace-osd", "heal-osd-loss"] }],
    values: { "lose-osd": candidatesSchema(nodes) },
  };
}
