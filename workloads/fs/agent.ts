import { sleep } from "../../src/clock.ts";
import { JepsenError, messageOf } from "../../src/errors.ts";
import type { RemoteProcess, Session } from "../../src/test.ts";

/**
 * The program arrives as the first line of its own input, as a JSON string: nothing is left on the node, and its
 * command line stays short.
 */
const BOOTSTRAP = "import json, sys; exec(compile(json.loads(sys.stdin.readline()), 'agent.py', 'exec'))";
/** The agent ends itself a little later than its client gives up, so that the client's sentence is the one recorded. */
const AGENT_GRACE_MS = 1_000;

/** What became of a request: the agent's answer, or why there is none. `sent` false: the agent never saw the request. */
export type Reply =
  | { readonly answer: unknown }
  | { readonly lost: "timeout" | "agent-gone"; readonly sent: boolean; readonly message: string };

/**
 * A small program on a node that works for one client, one request at a time: lines of JSON on a connection of its own.
 * Once a request was lost, the agent is `broken` for good: a late answer must never be taken for the next one's.
 */
export class Agent {
  readonly #process: RemoteProcess;
  readonly #lines: AsyncIterator<string>;
  #broken: string | undefined;
  #busy = false;

  private constructor(remote: RemoteProcess) {
    this.#process = remote;
    this.#lines = remote.lines[Symbol.asyncIterator]();
  }

  /** Starts the program (its source text) with the node's python3. Rejects as `Session.spawn` does. */
  static async start(
    session: Session,
    source: string,
    args: readonly string[] = [],
    signal?: AbortSignal,
  ): Promise<Agent> {
    const remote = await session.spawn(["python3", "-u", "-c", BOOTSTRAP, ...args], signal ? { signal } : {});
    const agent = new Agent(remote);
    try {
      await remote.write(JSON.stringify(source));
    } catch (error) {
      await remote.close();
      throw new JepsenError(
        "connect",
        `The agent on ${session.node} cannot be started: ${messageOf(error)}.`,
        {},
        error,
      );
    }
    return agent;
  }

  get broken(): boolean {
    return this.#broken !== undefined;
  }

  /** Asks and waits for the answer, `timeoutMs` at most. Never rejects, but for a second request while one is under way. */
  async ask(request: object, timeoutMs: number, signal?: AbortSignal): Promise<Reply> {
    if (this.#busy) throw new JepsenError("internal", "An agent takes one request at a time.");
    if (this.#broken !== undefined) return { lost: "agent-gone", sent: false, message: this.#broken };
    this.#busy = true;
    const waiting = new AbortController();
    const stop = signal ? AbortSignal.any([signal, waiting.signal]) : waiting.signal;
    const late = sleep(timeoutMs, stop).then(
      () => lost("timeout", `no answer within ${timeoutMs} ms`),
      () => lost("timeout", "broken off"), // also when the answer came first: the race is over then
    );
    try {
      const reply = await Promise.race([this.#exchange(request, timeoutMs), late]);
      if ("lost" in reply) this.#broken = reply.message;
      return reply;
    } finally {
      waiting.abort();
      this.#busy = false;
    }
  }

  async #exchange(request: object, timeoutMs: number): Promise<Reply> {
    try {
      await this.#process.write(JSON.stringify({ timeoutMs: timeoutMs + AGENT_GRACE_MS, ...request }));
      const { done, value } = await this.#lines.next();
      if (!done) return { answer: JSON.parse(value) };
      const said = this.#process.stderr().trim().split("\n").at(-1) ?? "";
      return lost("agent-gone", `the agent ended${said === "" ? "" : `: ${said}`}`);
    } catch (error) {
      return lost("agent-gone", messageOf(error));
    }
  }

  /** Ends the connection; the agent ends when it next reads, or when its request's time is over. */
  async close(): Promise<void> {
    this.#broken ??= "the agent was closed";
    await this.#process.close();
  }
}

function lost(reason: "timeout" | "agent-gone", message: string): Reply {
  return { lost: reason, sent: true, message };
}
