import { onAllNodes, onNodes } from "../src/control/on-nodes.ts";
import type { Test } from "../src/test.ts";
import { failuresOf } from "./reasons.ts";

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

  /**
   * Sentences about leases that have run out since the fault began there, so that the nodes undid it themselves; and
   * about nodes that cannot be asked.
   */
  async lapses(test: Test): Promise<readonly string[]> {
    const now = await onNodes(this.nodes, (node) => test.guard(node).renew());
    const lapsed = now.filter((each) => "value" in each && each.value !== this.#expiries.get(each.node));
    return [
      ...lapsed.map(({ node }) => `The lease on ${node} had run out: the fault was undone there meanwhile.`),
      ...failuresOf(now),
    ];
  }

  /**
   * Undoes the fault on every node that holds it. One that cannot be reached must not keep the others from it: it stays
   * held, to be undone later, and a sentence says so.
   */
  async undo(test: Test, undoOn: (node: string) => Promise<void>): Promise<readonly string[]> {
    return failuresOf(await onNodes(this.nodes, (node) => this.#undoOne(test, node, undoOn)));
  }

  /** The same where nobody asks for sentences: rejects as `onAllNodes` does, when all nodes are through. */
  async undoAll(test: Test, undoOn: (node: string) => Promise<void>): Promise<void> {
    await onAllNodes(this.nodes, (node) => this.#undoOne(test, node, undoOn));
  }

  async #undoOne(test: Test, node: string, undoOn: (node: string) => Promise<void>): Promise<void> {
    await undoOn(node);
    await this.end(test, node);
  }

  /** Takes the script away, after the fault was undone. */
  async end(test: Test, node: string): Promise<void> {
    await test.guard(node).unregister(this.#fault);
    this.#expiries.delete(node);
  }
}
