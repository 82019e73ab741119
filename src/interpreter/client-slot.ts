import { sleep } from "../clock.ts";
import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import { describe } from "../generator/describe.ts";
import type { Client, Completion, Invocation, Test } from "../test.ts";
import { settledWithin } from "./bounded.ts";
import { noClient } from "./completion.ts";

/** A thread whose client cannot be opened rests so long: a database that is down must not fill the disk with refusals. */
const OPEN_PAUSE_MS = 100;

/** The place of one thread's client: opened when first needed, closed after a crash, opened again for the next operation. */
export class ClientSlot {
  private readonly test: Test;
  private readonly prototype: Client;
  private readonly node: string;
  private readonly closeTimeoutMs: number;
  private readonly say: (line: string) => void;
  private client: Client | undefined;
  private opening: Promise<Client> | undefined;
  private closing: Promise<void> | undefined;

  /** `say` takes lines about clients that do not open or close. */
  constructor(test: Test, prototype: Client, node: string, closeTimeoutMs: number, say: (line: string) => void) {
    this.test = test;
    this.say = say;
    this.prototype = prototype;
    this.node = node;
    this.closeTimeoutMs = closeTimeoutMs;
  }

  /** While it is not, nothing of an operation can have been sent. */
  get isOpen(): boolean {
    return this.client !== undefined;
  }

  /** Rejects with whatever the client rejects with, and with JepsenError "client" where `open` gives no client. */
  invoke(op: Invocation, signal: AbortSignal): Promise<Completion> {
    if (this.client !== undefined) return this.client.invoke(this.test, op, signal);
    return this.openAndInvoke(op, signal);
  }

  /** After an unknown outcome: the connection may still carry the answer of the old operation. */
  drop(): void {
    const { client } = this;
    if (client === undefined || client.reusable === true) return;
    this.client = undefined;
    this.closing = this.closeBounded(client);
  }

  /** Closes what is open. Bounded, and never rejects. */
  async close(): Promise<void> {
    if (this.opening !== undefined) {
      const opening = this.opening;
      const opened = await settledWithin(this.closeTimeoutMs, opening);
      // one that opens later still is closed, though nobody waits for it
      if (!opened) void opening.then((client) => this.closeBounded(client)).catch(() => undefined);
    }
    const { client } = this;
    this.client = undefined;
    await this.closing;
    if (client !== undefined) await this.closeBounded(client);
  }

  private async openAndInvoke(op: Invocation, signal: AbortSignal): Promise<Completion> {
    let client: Client;
    try {
      // an earlier operation may have run out of time waiting for the same
      this.opening ??= this.open();
      client = await this.opening;
    } catch (error) {
      if (isJepsenError(error, "client")) throw error;
      const reason = `the client for ${this.node || "the system"} could not be opened: ${messageOf(error)}`;
      this.say(reason);
      await sleep(OPEN_PAUSE_MS, signal).catch(() => undefined); // the signal only shortens the rest
      return noClient(reason);
    }
    if (signal.aborted) return noClient("the time was over when the client was open"); // recorded already: nobody reads this
    return client.invoke(this.test, op, signal);
  }

  private async open(): Promise<Client> {
    try {
      await this.closing;
      const client = await this.prototype.open(this.test, this.node);
      if (typeof client?.invoke !== "function" || typeof client.close !== "function") {
        throw new JepsenError(
          "client",
          `The client's open(test, "${this.node}") gave ${describe(client)}, which is no client: it must have invoke and close.`,
        );
      }
      this.client = client;
      return client;
    } finally {
      this.opening = undefined;
    }
  }

  private async closeBounded(client: Client): Promise<void> {
    const closed = new Promise<void>((resolve) => resolve(client.close())).catch((error: unknown) => {
      this.say(`a client of ${this.node || "the system"} could not be closed: ${messageOf(error)}`);
    });
    if (!(await settledWithin(this.closeTimeoutMs, closed)))
      this.say(`a client of ${this.node || "the system"} did not close within ${this.closeTimeoutMs} ms`);
  }
}
