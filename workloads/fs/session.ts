import { readFileSync } from "node:fs";
import { messageOf } from "../../src/errors.ts";
import type { Session } from "../../src/test.ts";
import { Agent } from "./agent.ts";
import { type FileError, failureOf, type StepFailure } from "./errors.ts";
import { isMutation, type Step } from "./steps.ts";

let source: string | undefined;

function agentSource(): string {
  source ??= readFileSync(new URL("./agent.py", import.meta.url), "utf8");
  return source;
}

/** What a request came to: a result for each step, or the error that ended it. */
export type Outcome = { readonly results: readonly unknown[] } | { readonly error: FileError };

/** One client's files on one node. An agent that was lost is replaced at the next request; what it had open is gone. */
export class FileSession {
  readonly #session: Session;
  readonly #timeoutMs: number;
  #agent: Agent | undefined;

  /** `timeoutMs` bounds each request. */
  constructor(session: Session, timeoutMs: number) {
    this.#session = session;
    this.#timeoutMs = timeoutMs;
  }

  /** Runs the steps in order until one fails. Never rejects. */
  async run(steps: readonly Step[], signal?: AbortSignal): Promise<Outcome> {
    let agent: Agent;
    try {
      agent = await this.#live(signal);
    } catch (error) {
      return { error: { code: "no-agent", message: messageOf(error), definite: true } };
    }
    const reply = await agent.ask({ steps }, this.#timeoutMs, signal);
    if ("lost" in reply) {
      const definite = !reply.sent || !steps.some(isMutation);
      return { error: { code: reply.lost, message: reply.message, definite } };
    }
    const answer = reply.answer as { readonly results: readonly unknown[] } & Partial<StepFailure>;
    if (answer.failed === undefined) return { results: answer.results };
    return { error: failureOf(steps, answer as StepFailure) };
  }

  /** Drops the agent, and with it every file and lock that it holds. */
  async close(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    await agent?.close();
  }

  async #live(signal?: AbortSignal): Promise<Agent> {
    if (this.#agent?.broken) await this.close();
    this.#agent ??= await Agent.start(this.#session, agentSource(), [], signal);
    return this.#agent;
  }
}
