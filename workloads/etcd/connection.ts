import { sleep } from "../../src/clock.ts";
import { answerError, connectionError, type EtcdError } from "./errors.ts";
import { Gateway } from "./http.ts";

/** A member that is down answers at once; without a pause its clients would use up the operations of every key. */
const DOWN_PAUSE_MS = 100;

/** What a request came to: a body, or an error that says whether it is definite. */
export type Outcome = { readonly body: unknown } | { readonly error: EtcdError };

/** One client's connection to one member: every request is bounded, none is retried, and none rejects. */
export class EtcdConnection {
  readonly #gateway: Gateway;
  readonly #timeoutMs: number;

  constructor(address: string, port: number, timeoutMs: number) {
    this.#gateway = new Gateway(address, port, timeoutMs);
    this.#timeoutMs = timeoutMs;
  }

  async request(path: string, request: object, signal: AbortSignal): Promise<Outcome> {
    try {
      const answer = await this.#gateway.post(
        path,
        request,
        AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]),
      );
      const error = answerError(answer);
      return error ? { error } : { body: answer.body };
    } catch (cause) {
      const error = connectionError(cause);
      if (error.definite) await sleep(DOWN_PAUSE_MS, signal).catch(() => {}); // its answer is known: no hurry
      return { error };
    }
  }

  async close(): Promise<void> {
    await this.#gateway.close();
  }
}

/** A string or number as the gateway takes bytes. */
export function base64(text: string | number): string {
  return Buffer.from(String(text)).toString("base64");
}

/** Bytes of the gateway as a string. */
export function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString();
}
