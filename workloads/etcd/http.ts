import { Pool } from "undici";

/** One JSON answer of etcd's gateway: the HTTP status and the parsed body. */
export interface GatewayAnswer {
  readonly status: number;
  readonly body: unknown;
  /** The server's own clock, from the Date header, in milliseconds since the epoch. */
  readonly dateMs: number | undefined;
}

/** A connection to one member's `/v3` JSON gateway. Nothing is ever retried. */
export class Gateway {
  readonly #pool: Pool;

  constructor(address: string, port: number, timeoutMs: number) {
    this.#pool = new Pool(`http://${address.includes(":") ? `[${address}]` : address}:${port}`, {
      connections: 1,
      pipelining: 1,
      connectTimeout: timeoutMs,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      keepAliveTimeout: 60_000,
    });
  }

  /** POSTs a request. Rejects with undici's own error, or the signal's reason. */
  async post(path: string, request: object, signal?: AbortSignal): Promise<GatewayAnswer> {
    return this.#send("POST", path, JSON.stringify(request), signal);
  }

  async get(path: string, signal?: AbortSignal): Promise<GatewayAnswer> {
    return this.#send("GET", path, undefined, signal);
  }

  async #send(
    method: "GET" | "POST",
    path: string,
    body: string | undefined,
    signal?: AbortSignal,
  ): Promise<GatewayAnswer> {
    const answer = await this.#pool.request({
      method,
      path,
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
      ...(signal ? { signal } : {}),
    });
    const text = await answer.body.text();
    const date = answer.headers.date;
    const dateMs = typeof date === "string" ? Date.parse(date) : undefined;
    return { status: answer.statusCode, body: parse(text), dateMs };
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 200) }; // not the gateway's own answer: the caller judges it by its status
  }
}
