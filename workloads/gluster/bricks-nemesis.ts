import { monotonicMs, sleep } from "../../src/clock.ts";
import { onAllNodes } from "../../src/control/on-nodes.ts";
import { JepsenError, messageOf } from "../../src/errors.ts";
import { concluded, skipped } from "../../src/fault-completion.ts";
import type { Completion, Invocation, Nemesis, Test } from "../../src/test.ts";
import { candidates } from "../candidates.ts";
import { agreedBricks, pendingHeals } from "./bricks.ts";
import type { GlusterDb } from "./db.ts";

const WHOLE_TIMEOUT_MS = 10_000;
const HEAL_TIMEOUT_MS = 60_000;
const PAUSE_MS = 500;

/**
 * Takes one brick at a time out of a replicated volume, and gives the volume an empty one in its place, on any node.
 * As a careful operator would: only while all bricks answer and nothing waits to be healed, so that no copy is the
 * last good one. Evidence: what every node's glusterd says the bricks are, and whether a brick's process runs there.
 */
export class BricksNemesis implements Nemesis {
  readonly fs = new Set(["remove-brick", "add-brick", "heal-bricks"]);
  readonly #copies: number;
  readonly #wholeTimeoutMs: number;

  /** `copies`: bricks of the whole volume. `wholeTimeoutMs`: how long a removal waits for heals that are under way. */
  constructor(copies: number, { wholeTimeoutMs = WHOLE_TIMEOUT_MS }: { readonly wholeTimeoutMs?: number } = {}) {
    this.#copies = copies;
    this.#wholeTimeoutMs = wholeTimeoutMs;
  }

  async invoke(test: Test, op: Invocation, signal: AbortSignal): Promise<Completion> {
    if (op.f === "heal-bricks") return this.#heal(test, signal);
    const order = candidates(test.nodes, op.value);
    if (!order) return skipped(`${op.f} cannot be done with ${JSON.stringify(op.value)}`);
    return op.f === "remove-brick" ? this.#remove(test, order, signal) : this.#add(test, order);
  }

  async #remove(test: Test, order: readonly string[], signal: AbortSignal): Promise<Completion> {
    const db = database(test);
    const { bricks } = await agreedBricks(test);
    if (bricks === undefined) return skipped("the nodes do not agree about the bricks now");
    if (bricks.length < this.#copies) return skipped(`only ${bricks.length} bricks are left`);
    const node = order.find((each) => bricks.includes(each));
    if (node === undefined) return skipped(`no brick is on ${order.join(", ")} now`);
    const via = bricks.find((each) => each !== node) as string;
    if (!(await this.#isWhole(test, via, signal, this.#wholeTimeoutMs))) return skipped("not all bricks are whole now");
    await test.guard(node).note(`The brick on ${node} was taken out of the volume by the fault bricks.`);
    const problems: string[] = [];
    try {
      await db.kill(test, node, ["brick"]); // it ends anyway; this way it is known why
      await db.removeBrick(test, node, via);
    } catch (error) {
      problems.push(messageOf(error));
    }
    return this.#judged(test, { node, via }, bricks, problems, (now) => !now.includes(node));
  }

  async #add(test: Test, order: readonly string[]): Promise<Completion> {
    const db = database(test);
    const { bricks } = await agreedBricks(test);
    if (bricks === undefined) return skipped("the nodes do not agree about the bricks now");
    if (bricks.length >= this.#copies) return skipped("no brick is missing");
    const node = order.find((each) => !bricks.includes(each));
    if (node === undefined) return skipped(`a brick is on ${order.join(", ")} already`);
    const via = bricks[0] as string;
    const problems: string[] = [];
    try {
      await db.addBrick(test, node, via);
      await test.guard(node).note(`The volume has got an empty brick on ${node}.`);
    } catch (error) {
      problems.push(messageOf(error));
    }
    return this.#judged(test, { node, via }, bricks, problems, (now) => now.includes(node));
  }

  /** The final word: as many bricks as there were, all of them answering, and nothing that waits to be healed. */
  async #heal(test: Test, signal: AbortSignal): Promise<Completion> {
    const { bricks } = await agreedBricks(test);
    if (bricks === undefined) {
      return concluded(undefined, "", ["The nodes do not agree about the bricks."], null);
    }
    if (bricks.length < this.#copies) {
      const added = await this.#add(test, test.nodes);
      if (added.type !== "ok") return added;
    }
    const via = bricks[0] as string;
    const problems = (await this.#isWhole(test, via, signal, HEAL_TIMEOUT_MS)) ? [] : ["Not all bricks are whole."];
    return this.#judged(test, undefined, bricks, problems, (now) => now.length === this.#copies);
  }

  /** Waits until every brick answers and none waits to be healed. */
  async #isWhole(test: Test, via: string, signal: AbortSignal, timeoutMs: number): Promise<boolean> {
    const deadline = monotonicMs() + timeoutMs;
    while ((await pendingHeals(test, via)) !== 0) {
      if (monotonicMs() >= deadline) return false;
      await sleep(PAUSE_MS, signal);
    }
    return true;
  }

  async #judged(
    test: Test,
    value: unknown,
    before: readonly string[],
    problems: readonly string[],
    isDone: (bricks: readonly string[]) => boolean,
  ): Promise<Completion> {
    const { bricks, answering } = await agreedBricks(test);
    const db = database(test);
    const running = await onAllNodes(test.nodes, async (node) => (await db.processes(test, node)).map((it) => it.role));
    const withProcess = test.nodes.filter((node) => running.get(node)?.includes("brick"));
    const wrong = [...problems];
    if (bricks === undefined) wrong.push("The nodes do not agree about the bricks.");
    else if (!isDone(bricks)) wrong.push(`The bricks are still on ${bricks.join(", ")}.`);
    else if ([...bricks].sort().join(" ") !== withProcess.join(" "))
      wrong.push(`Bricks run on ${withProcess.join(", ")}, not on ${bricks.join(", ")}.`);
    const details = { before, after: bricks, answering, running: withProcess };
    const finding = `${answering.join(" ")} see the bricks on ${bricks?.join(", ")}, and there they run.`;
    return concluded(value, finding, wrong, details);
  }
}

function database(test: Test): GlusterDb {
  const db = test.db;
  if (db === undefined || !("removeBrick" in db))
    throw new JepsenError("internal", "The fault bricks needs the database of the suite gluster.");
  return db as GlusterDb; // or a stand-in that passes everything on to it
}
