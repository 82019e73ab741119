import { onAllNodes, onNodes } from "../../src/control/on-nodes.ts";
import { JepsenError, messageOf } from "../../src/errors.ts";
import type { Test } from "../../src/test.ts";
import { failuresOf } from "../reasons.ts";
import type { NodeClock } from "./node-clock.ts";
import { NO_SHIFT, type Shift } from "./shift.ts";

const FAULT = "clock";

interface InForce {
  readonly shift: Shift;
  /** How often the node's lease had run out when the shift began. */
  readonly expiries: number;
}

/**
 * Which nodes have which shift. Every shift is registered with its node's guard before it takes effect, is given again
 * to processes that start, and is let go of when the node's lease has taken it back.
 */
export class ShiftsInForce {
  readonly #clockOf: (node: string) => NodeClock;
  readonly #inForce = new Map<string, InForce>();
  /** Shifts that restarted processes did not get; told once. */
  readonly #lost: string[] = [];
  /** The last change of each node's clock: a start and a reset that fall together must not overtake each other. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(clockOf: (node: string) => NodeClock) {
    this.#clockOf = clockOf;
  }

  get nodes(): readonly string[] {
    return [...this.#inForce.keys()];
  }

  /** The node's shift; no shift where none is in force. */
  of(node: string): Shift {
    return this.#inForce.get(node)?.shift ?? NO_SHIFT;
  }

  all(): ReadonlyMap<string, Shift> {
    return new Map([...this.#inForce].map(([node, { shift }]) => [node, shift]));
  }

  /** From now on the node undoes it by itself if the control process dies, and a process that starts there gets it. */
  async begin(test: Test, node: string, shift: Shift): Promise<void> {
    const guard = test.guard(node);
    const expiries = await guard.renew();
    await guard.register(FAULT, this.#clockOf(node).undoScript());
    this.#inForce.set(node, { shift, expiries });
  }

  /** Sets the clocks of a node to the shift that is in force there. */
  async apply(node: string, signal?: AbortSignal): Promise<void> {
    await this.#inTurn(node, () => this.#clockOf(node).apply(this.of(node), signal));
  }

  /** A process that has just started has the true clock: it gets its node's shift, unless the lease took that back meanwhile. Never rejects. */
  async afterStart(test: Test, node: string): Promise<void> {
    try {
      await this.#inTurn(node, async () => {
        const inForce = this.#inForce.get(node);
        if (!inForce || !this.#clockOf(node).perProcess) return;
        if ((await test.guard(node).renew()) !== inForce.expiries) return;
        const { clocks } = await this.#clockOf(node).apply(inForce.shift);
        if (clocks.length === 0) throw new JepsenError("remote", "no process was there.", { node });
        const bad = clocks.find(({ installed }) => !installed);
        if (bad) throw new JepsenError("remote", bad.problem ?? `${bad.name} was not shifted.`, { node });
      });
    } catch (error) {
      const sentence = `After a start, the clock shift of ${node} could not be applied again: ${messageOf(error)}`;
      this.#lost.push(sentence);
      test.log(sentence);
    }
  }

  /** Back to the shift that was in force before, if there was one. */
  async takeBack(test: Test, node: string, before: Shift | undefined, signal?: AbortSignal): Promise<void> {
    if (!before) return this.end(test, [node]);
    await this.begin(test, node, before);
    await this.apply(node, signal);
  }

  /** Makes the clocks of these nodes true. A node where that fails stays in force; waits for all, then rejects. */
  async end(test: Test, nodes: readonly string[]): Promise<void> {
    await onAllNodes(nodes, (node) => this.#endOn(test, node));
  }

  /** The same; returns a sentence for each node where it failed. */
  async endEach(test: Test, nodes: readonly string[]): Promise<readonly string[]> {
    return failuresOf(await onNodes(nodes, (node) => this.#endOn(test, node)));
  }

  async #endOn(test: Test, node: string): Promise<void> {
    await this.#inTurn(node, async () => {
      await this.#clockOf(node).reset();
      await test.guard(node).unregister(FAULT);
      this.#inForce.delete(node);
    });
  }

  /** What ended without being reset since the last call, in sentences: by a node's lease, or with a process. */
  async lapses(test: Test): Promise<readonly string[]> {
    const asked = await onNodes(this.nodes, async (node) => {
      return (await test.guard(node).renew()) !== this.#inForce.get(node)?.expiries;
    });
    const nodes = asked.flatMap((each) => ("value" in each && each.value ? [each.node] : []));
    for (const node of nodes) this.#inForce.delete(node);
    const leases = nodes.map((node) => `The lease on ${node} had run out: its clock was set right meanwhile.`);
    return [...this.#lost.splice(0), ...leases, ...failuresOf(asked)];
  }

  async #inTurn<T>(node: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(node) ?? Promise.resolve()).then(task, task);
    this.#last.set(node, turn);
    return turn;
  }
}
