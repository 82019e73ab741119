import { monotonicMs, sleep } from "../../../src/clock.ts";
import { messageOf } from "../../../src/errors.ts";
import { concluded, skipped } from "../../../src/fault-completion.ts";
import type { Completion, Invocation, Nemesis, NemesisPackage, Test } from "../../../src/test.ts";
import { candidates, candidatesSchema } from "../../candidates.ts";
import type { CephDb } from "../db.ts";
import { osdOf } from "../osd-disks.ts";
import { type ClusterView, clusterView } from "./cluster-view.ts";
import { strikeAndUndo } from "./strikes.ts";

const RESOLVE_MS = 15_000;
const HEAL_MS = 40_000;
const PAUSE_MS = 500;

/**
 * Takes an OSD out of the placement, so that its data moves to others while it goes on running, and lets it in again.
 * Evidence: the monitors' map and the placement that follows from it. As many OSDs stay in as the pools keep copies.
 */
class OsdOut implements Nemesis {
  readonly fs = new Set(["osd-out", "osd-in", "heal-osds"]);
  readonly #db: CephDb;
  readonly #out = new Set<string>();

  constructor(db: CephDb) {
    this.#db = db;
  }

  async invoke(test: Test, op: Invocation, signal: AbortSignal): Promise<Completion> {
    if (op.f === "osd-out") return this.#takeOut(test, op.value, signal);
    const nodes = [...this.#out];
    if (op.f === "osd-in" && nodes.length === 0) return skipped("no OSD is out");
    return this.#letIn(test, nodes, op.f === "osd-in" ? RESOLVE_MS : HEAL_MS, signal);
  }

  async #takeOut(test: Test, value: unknown, signal: AbortSignal): Promise<Completion> {
    const order = candidates(test.nodes, value);
    if (!order) return skipped(`osd-out cannot be done with ${JSON.stringify(value)}`);
    const before = await this.#view(test);
    if (typeof before === "string") return skipped(before);
    const isIn = (node: string) => before.view.osds.get(osdOf(test, node))?.isIn === true;
    const node = order.find(isIn);
    if (node === undefined) return skipped("every OSD that was named is out already");
    const left = test.nodes.filter(isIn).length - 1;
    if (left < this.#db.options.size) return skipped(`only ${left} OSDs would be left for as many copies`);
    const id = osdOf(test, node);
    await test.guard(node).note(`osd.${id} on ${node} is taken out of the placement by the fault osd-out.`);
    this.#out.add(node);
    const problems: string[] = [];
    try {
      await this.#db.ask(test, before.via, (command) => command({ prefix: "osd out", ids: [String(id)] }));
    } catch (error) {
      problems.push(messageOf(error));
    }
    const gone = ({ osds, groups }: ClusterView) => osds.get(id)?.isIn === false && !groups.has(id);
    const after = await this.#await(test, gone, RESOLVE_MS, signal);
    if (!after.done) problems.push(`osd.${id} is still in the placement, as far as the monitors answer.`);
    const had = before.view.groups.get(id) ?? 0;
    const finding = `osd.${id} on ${node} is out: of its ${had} placement groups none is placed on it now.`;
    return concluded({ nodes: [node] }, finding, problems, { before: shown(before.view), after: shown(after.view) });
  }

  async #letIn(test: Test, nodes: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<Completion> {
    const ids = nodes.map((node) => osdOf(test, node));
    const before = await this.#view(test);
    const problems: string[] = [];
    if (typeof before !== "string") {
      const early = ids.filter((id) => before.view.osds.get(id)?.isIn === true);
      problems.push(...early.map((id) => `osd.${id} was in again although nobody here had let it in.`));
    }
    const deadline = monotonicMs() + timeoutMs;
    const allIn = ({ osds }: ClusterView) => ids.every((id) => osds.get(id)?.isIn === true);
    let after = await this.#await(test, allIn, 0, signal);
    while (!after.done && monotonicMs() < deadline) {
      await this.#ask(test, ids);
      after = await this.#await(test, allIn, PAUSE_MS * 4, signal);
    }
    if (after.done) this.#out.clear();
    else problems.push(`Not all of ${nodes.join(", ")} are in again.`);
    const finding = nodes.length === 0 ? "Every OSD is in." : `The OSDs of ${nodes.join(", ")} are in again.`;
    return concluded({ nodes }, finding, problems, shown(after.view));
  }

  async #ask(test: Test, ids: readonly number[]): Promise<void> {
    const via = await this.#db.leader(test);
    if (via === undefined || ids.length === 0) return;
    try {
      await this.#db.ask(test, via, (command) => command({ prefix: "osd in", ids: ids.map(String) }));
    } catch (error) {
      test.log(messageOf(error)); // it is asked again until its time is over
    }
  }

  /** What the monitors know, and through which node; or why nobody can say. */
  async #view(test: Test): Promise<{ readonly via: string; readonly view: ClusterView } | string> {
    const via = await this.#db.leader(test);
    if (via === undefined) return "no monitor leads now";
    try {
      return { via, view: await this.#db.ask(test, via, clusterView) };
    } catch (error) {
      return messageOf(error);
    }
  }

  async #await(test: Test, isDone: (view: ClusterView) => boolean, timeoutMs: number, signal: AbortSignal) {
    const deadline = monotonicMs() + timeoutMs;
    for (;;) {
      const now = await this.#view(test);
      const view = typeof now === "string" ? undefined : now.view;
      const done = view !== undefined && isDone(view);
      if (done || monotonicMs() >= deadline) return { done, view };
      await sleep(PAUSE_MS, signal);
    }
  }
}

function shown(view: ClusterView | undefined) {
  if (!view) return "no monitor answers";
  return { osds: Object.fromEntries(view.osds), groups: Object.fromEntries(view.groups) };
}

/** OSDs that leave the placement and come back. */
export function osdOut(db: CephDb, intervalMs: number, nodes: readonly string[]): NemesisPackage {
  return {
    name: "osd-out",
    nemesis: new OsdOut(db),
    generator: strikeAndUndo(intervalMs, "osd-out", "osd-in"),
    finalGenerator: [{ f: "osd-in" }, { f: "heal-osds" }],
    bands: [{ family: "osd-out", start: ["osd-out"], stop: ["osd-in", "heal-osds"] }],
    values: { "osd-out": candidatesSchema(nodes) },
  };
}
