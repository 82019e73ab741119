import { JepsenError } from "./errors.ts";

interface Meeting {
  readonly arrived: Set<string>;
  readonly release: (() => void)[];
}

/** Named points at which all nodes' set-up meets. */
export class Barriers {
  readonly #nodes: readonly string[];
  readonly #meetings = new Map<string, Meeting>();

  constructor(nodes: readonly string[]) {
    this.#nodes = nodes;
  }

  /** Resolves once every node has come; rejects with JepsenError "setup", naming who is missing, after `timeoutMs`. */
  async meet(name: string, node: string, timeoutMs = 60_000): Promise<void> {
    const meeting = this.#meetings.get(name) ?? { arrived: new Set<string>(), release: [] };
    this.#meetings.set(name, meeting);
    meeting.arrived.add(node);
    if (meeting.arrived.size === this.#nodes.length) {
      this.#meetings.delete(name); // the same name can be met at again
      for (const release of meeting.release) release();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        meeting.arrived.delete(node); // who has given up does not count for those who come later
        const missing = this.#nodes.filter((other) => other !== node && !meeting.arrived.has(other)).join(", ");
        reject(
          new JepsenError("setup", `At "${name}", ${node} waited ${timeoutMs} ms for ${missing}.`, {
            barrier: name,
            node,
          }),
        );
      }, timeoutMs);
      meeting.release.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
