import { sleep } from "../src/clock.ts";
import { onAllNodes, onNodes } from "../src/control/on-nodes.ts";
import { JepsenError } from "../src/errors.ts";
import type { RemoteProcess, Test } from "../src/test.ts";
import { failuresOf } from "./reasons.ts";

const ANSWER_TIMEOUT_MS = 5_000;

interface Agent {
  readonly remote: RemoteProcess;
  readonly lines: AsyncIterator<string>;
  readonly port: number;
}

/**
 * A small Python program on every node for as long as a fault family lives: it says `{"port": …}` first, then answers
 * each JSON line with one, and ends with its stdin. For measurements that commands are too slow for.
 */
export class NodeAgents {
  readonly #agents = new Map<string, Agent>();
  /** Those that did not answer, or not in time: what they say next would be the answer to something else. */
  readonly #failed = new Set<string>();
  readonly #test: Test;
  readonly #program: string;
  readonly #what: string;

  private constructor(test: Test, program: string, what: string) {
    this.#test = test;
    this.#program = program;
    this.#what = what;
  }

  /** Starts the program on every node, with "4" or "6" as its argument, the family of the node's address. `what`: its name in errors. */
  static async start(test: Test, program: string, what: string): Promise<NodeAgents> {
    const agents = new NodeAgents(test, program, what);
    await onAllNodes(test.nodes, (node) => agents.#open(node));
    return agents;
  }

  /** The nodes whose agent has answered whatever it was asked. */
  get nodes(): readonly string[] {
    return this.#test.nodes.filter((node) => !this.#failed.has(node));
  }

  /** The UDP port that the agent of a node hears. */
  port(node: string): number {
    return this.#agent(node).port;
  }

  /**
   * Starts those anew that have failed: to be done before each measurement and never within one, for the new ones hear
   * another port and know nothing. Returns a sentence for each node on which one does not start.
   */
  async reopen(): Promise<readonly string[]> {
    const outcomes = await onNodes([...this.#failed], async (node) => {
      const old = this.#agents.get(node);
      await this.#open(node);
      this.#failed.delete(node);
      await old?.remote.close();
    });
    return failuresOf(outcomes);
  }

  /** Asks one agent. Rejects with JepsenError "remote" when it does not answer in time; it is of no use then until `reopen`. */
  async ask(node: string, request: object, timeoutMs = ANSWER_TIMEOUT_MS): Promise<unknown> {
    const { remote, lines } = this.#agent(node);
    try {
      await remote.write(JSON.stringify(request));
      return await answer(node, this.#what, remote, lines, timeoutMs);
    } catch (error) {
      this.#failed.add(node);
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map(({ remote }) => remote.close()));
  }

  async #open(node: string): Promise<void> {
    const session = await this.#test.cluster.session(node);
    const family = this.#test.cluster.address(node).includes(":") ? "6" : "4";
    const remote = await session.spawn(["python3", "-c", this.#program, family]);
    const lines = remote.lines[Symbol.asyncIterator]();
    try {
      const { port } = (await answer(node, this.#what, remote, lines, ANSWER_TIMEOUT_MS)) as { port: number };
      this.#agents.set(node, { remote, lines, port });
    } catch (error) {
      await remote.close();
      throw error;
    }
  }

  #agent(node: string): Agent {
    const agent = this.#agents.get(node);
    if (!agent) throw new JepsenError("internal", `There is no ${this.#what} on ${node}.`, { node });
    return agent;
  }
}

async function answer(
  node: string,
  what: string,
  remote: RemoteProcess,
  lines: AsyncIterator<string>,
  timeoutMs: number,
): Promise<unknown> {
  const waiting = new AbortController();
  const late = sleep(timeoutMs, waiting.signal).then(
    () => undefined,
    () => undefined, // it answered in time
  );
  const line = await Promise.race([lines.next(), late]);
  waiting.abort();
  if (line === undefined || line.done) {
    const sentence = `The ${what} on ${node} ${line ? "ended" : "does not answer"}: ${remote.stderr().trim() || "it said nothing"}.`;
    throw new JepsenError("remote", sentence, { node });
  }
  return JSON.parse(line.value);
}
