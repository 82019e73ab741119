import { onAllNodes } from "../src/control/on-nodes.ts";
import type { Test } from "../src/test.ts";

/**
 * A reversible fault's registrations on the nodes: the undo script lies there before the fault takes effect, and a
 * lease that ran out since is noticed.
 */
export class Hold {
  readonly #fault: string;
  readonly #expiries = new Map<string, number>();

  /** `fault`: the name of the script on the node. */
  constructor(fault: string) {
    this.#fault = fault;
  }

  /** Nodes with a registered script. */
  get nodes(): readonly string[] {
    return [...this.#expiries.keys()];
  }

  /** Registers the script on a node, to be done before the fault takes effect there. */
  async begin(test: Test, node: string, undoScript: string): Promise<void> {
    const guard = test.guard(node);
    const expiries = await guard.renew();
    await guard.register(this.#fault, undoScript);
    this.#expiries.set(node, expiries);
  }

  /** Sentences about leases that have run out since the fault began there: the nodes undid it themselves. */
  async lapses(test: Test): Promise<readonly string[]> {
    const now = await onAllNodes(this.nodes, (node) => test.guard(node).renew());
    return this.nodes
      .filter((node) => now.get(node) !== this.#expiries.get(node))
      .map((node) => `The lease on ${node} had run out: the fault was undone there meanwhile.`);
  }

  /** Takes the script away, after the fault was undone. */
  async end(test: Test, node: string): Promise<void> {
    await test.guard(node).unregister(this.#fault);
    this.#expiries.delete(node);
  }
}
