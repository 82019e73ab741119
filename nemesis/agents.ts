import { sleep } from "../src/clock.ts";
import { onAllNodes } from "../src/control/on-nodes.ts";
import { JepsenError } from "../src/errors.ts";
import type { RemoteProcess, Test } from "../src/test.ts";

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
  readonly #agents: ReadonlyMap<string, Agent>;
  readonly #what: string;

  private constructor(agents: ReadonlyMap<string, Agent>, what: string) {
    this.#agents = agents;
    this.#what = what;
  }

  /** Starts the program on every node, with "4" or "6" as its argument, the family of the node's address. `what`: its name in errors. */
  static async start(test: Test, program: string, what: string): Promise<NodeAgents> {
    const agents = await onAllNodes(test.nodes, async (node): Promise<Agent> => {
      const session = await test.cluster.session(node);
      const family = test.cluster.address(node).includes(":") ? "6" : "4";
      const remote = await session.spawn(["python3", "-c", program, family]);
      const lines = remote.lines[Symbol.asyncIterator]();
      const { port } = (await answer(node, what, remote, lines, ANSWER_TIMEOUT_MS)) as { port: number };
      return { remote, lines, port };
    });
    return new NodeAgents(agents, what);
  }

  /** The nodes that have one. */
  get nodes(): readonly string[] {
    return [...this.#agents.keys()];
  }

  /** The UDP port that the agent of a node hears. */
  port(node: string): number {
    return this.#agent(node).port;
  }

  /** Asks one agent. Rejects with JepsenError "remote" when it does not answer in time. */
  async ask(node: string, request: object, timeoutMs = ANSWER_TIMEOUT_MS): Promise<unknown> {
    const { remote, lines } = this.#agent(node);
    await remote.write(JSON.stringify(request));
    return answer(node, this.#what, remote, lines, timeoutMs);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map(({ remote }) => remote.close()));
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
