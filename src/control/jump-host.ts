import type { Duplex } from "node:stream";
import { JepsenError, messageOf } from "../errors.ts";
import { SharedConnection } from "./shared-connection.ts";
import type { Route, SshTarget } from "./ssh-target.ts";

/**
 * A machine through which others are reached (ProxyJump): one connection for all of them, itself perhaps through another
 * jump host. What is reached through it still shows its own host key, and is checked like any other.
 */
export class JumpHost implements Route {
  readonly name: string;
  readonly #connection: SharedConnection;

  constructor(target: SshTarget) {
    this.name = target.node;
    this.#connection = new SharedConnection(target);
  }

  async forward(host: string, port: number, timeoutMs: number, signal?: AbortSignal): Promise<Duplex> {
    const client = await this.#connection.get(signal);
    return new Promise((resolve, reject) => {
      let settled = false;
      const refuse = (reason: string, cause?: unknown) => {
        settled = true;
        clearTimeout(timer);
        const sentence = `Jump host ${this.name} does not get through to ${host}:${port}: ${reason}.`;
        reject(new JepsenError("connect", sentence, { node: this.name, host, port }, cause));
      };
      const timer = setTimeout(() => refuse(`no answer within ${Math.round(timeoutMs)} ms`), timeoutMs);
      const onLost = () => refuse("its own connection broke");
      client.once("close", onLost);
      try {
        client.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
          client.removeListener("close", onLost);
          if (settled) {
            channel?.destroy();
            return;
          }
          if (error) {
            refuse(messageOf(error), error);
            return;
          }
          settled = true;
          clearTimeout(timer);
          resolve(channel);
        });
      } catch (error) {
        refuse(messageOf(error), error); // ssh2 throws when the connection is known to be gone
      }
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
