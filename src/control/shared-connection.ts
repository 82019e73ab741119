import type { Client } from "ssh2";
import { JepsenError } from "../errors.ts";
import { orAborted } from "./or-aborted.ts";
import { connectSsh } from "./ssh-connection.ts";
import type { SshTarget } from "./ssh-target.ts";

/** One SSH connection for several users, opened at first use and again after it broke. */
export class SharedConnection {
  readonly #target: SshTarget;
  #connection: Promise<Client> | undefined;
  /** Aborted when it is closed: nobody waits then for a node that does not answer. */
  readonly #closing = new AbortController();

  constructor(target: SshTarget) {
    this.#target = target;
  }

  /** Rejects with JepsenError "connect" or "aborted". */
  get(signal?: AbortSignal): Promise<Client> {
    const { node } = this.#target;
    if (this.#closing.signal.aborted)
      return Promise.reject(new JepsenError("connect", `The session with ${node} is closed.`, { node }));
    if (!this.#connection) {
      const connection = connectSsh(this.#target, { signal: this.#closing.signal }); // for all who wait now: one of them must not break it off
      this.#connection = connection;
      const forget = () => {
        if (this.#connection === connection) this.#connection = undefined;
      };
      connection.then((client) => client.once("close", forget).on("error", forget), forget);
    }
    return orAborted(this.#connection, signal, `Connecting to ${node} was broken off.`);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.then(
      (client) => client.end(),
      () => {}, // it never was open
    );
  }
}
