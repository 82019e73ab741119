import { readFileSync } from "node:fs";
import { messageOf } from "../../src/errors.ts";
import type { Session } from "../../src/test.ts";
import { Agent } from "../fs/agent.ts";
import { type RadosError, radosError } from "./errors.ts";
import { ADMIN_KEYRING, CONF } from "./paths.ts";

let source: string | undefined;

function agentSource(): string {
  source ??= readFileSync(new URL("./rados-agent.py", import.meta.url), "utf8");
  return source;
}

/** One call as the agent takes it; objects are named, bytes are Latin-1 text. */
export type RadosCall =
  | readonly ["read" | "omapKeys", object: string]
  | readonly ["write" | "append", object: string, text: string]
  | readonly ["compareAndWrite", object: string, expected: string, text: string]
  | readonly ["omapSet", object: string, key: string, text: string]
  | readonly ["command", what: Readonly<Record<string, unknown>>, input: string];

/** What a call came to. */
export type RadosOutcome = { readonly value: unknown } | { readonly error: RadosError };

/** librados gives up before its client does, so that its own word is the one recorded; it counts in whole seconds. */
const LIBRADOS_SHARE = 0.9;

/** One client's connection to the cluster, from its own node. An agent that was lost is replaced at the next call. */
export class RadosSession {
  readonly #session: Session;
  readonly #pool: string;
  readonly #timeoutMs: number;
  #agent: Agent | undefined;

  /** `pool` "": for commands to the monitors only. `timeoutMs` bounds each call. */
  constructor(session: Session, pool: string, timeoutMs: number) {
    this.#session = session;
    this.#pool = pool;
    this.#timeoutMs = timeoutMs;
  }

  /** Never rejects. */
  async call(call: RadosCall, signal?: AbortSignal): Promise<RadosOutcome> {
    let agent: Agent;
    try {
      agent = await this.#live(signal);
    } catch (error) {
      return { error: { code: "no-agent", message: messageOf(error), definite: true } };
    }
    const reply = await agent.ask({ call }, this.#timeoutMs, signal);
    if ("lost" in reply) return { error: { code: reply.lost, message: reply.message, definite: !reply.sent } };
    const answer = reply.answer as { value?: unknown; errno?: string; message?: string; begun?: boolean };
    if (answer.errno === undefined) return { value: answer.value ?? null };
    return { error: radosError(answer.errno, answer.message ?? "", answer.begun === true) };
  }

  async close(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    await agent?.close();
  }

  async #live(signal?: AbortSignal): Promise<Agent> {
    if (this.#agent?.broken) await this.close();
    const seconds = String(Math.max(1, Math.floor((this.#timeoutMs / 1000) * LIBRADOS_SHARE)));
    this.#agent ??= await Agent.start(this.#session, agentSource(), [CONF, ADMIN_KEYRING, this.#pool, seconds], signal);
    return this.#agent;
  }
}
