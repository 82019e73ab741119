import { monotonicMs } from "./clock.ts";
import type { Client } from "./test.ts";

const BEATS_PER_GAP = 10;

/**
 * Notices that this process has stood still (it was stopped, its machine slept): what held before may not hold any more.
 * After a gap of more than `gapMaxMs` `onGap` is called, and `ready` tells who asks to wait for its end.
 */
export class Heartbeat {
  readonly #gapMaxMs: number;
  readonly #onGap: () => Promise<void>;
  #lastMs = monotonicMs();
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(gapMaxMs: number, onGap: () => Promise<void>) {
    this.#gapMaxMs = gapMaxMs;
    this.#onGap = onGap;
  }

  start(): void {
    this.#lastMs = monotonicMs();
    this.#timer = setInterval(() => this.ready(), this.#gapMaxMs / BEATS_PER_GAP);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Undefined: go on. Otherwise wait for it first; it rejects as `onGap` does. */
  ready(): Promise<void> | undefined {
    const now = monotonicMs();
    if (this.#timer && now - this.#lastMs > this.#gapMaxMs && !this.#looking) {
      this.#looking = this.#onGap().finally(() => {
        this.#looking = undefined;
      });
      this.#looking.catch(() => {}); // told to everybody who waits for it
    }
    this.#lastMs = now;
    return this.#looking;
  }

  /** The same client, which begins nothing after a gap before `onGap` is through. */
  guarded(client: Client): Client {
    return {
      ...(client.reusable === undefined ? {} : { reusable: client.reusable }),
      open: async (test, node) => this.guarded(await client.open(test, node)),
      ...(client.setup ? { setup: (test) => client.setup?.(test) as Promise<void> } : {}),
      invoke: (test, op, signal) => {
        const looking = this.ready();
        return looking ? looking.then(() => client.invoke(test, op, signal)) : client.invoke(test, op, signal);
      },
      ...(client.teardown ? { teardown: (test) => client.teardown?.(test) as Promise<void> } : {}),
      close: () => client.close(),
    };
  }
}
