import { monotonicMs, sleep } from "./clock.ts";
import { failedNodes } from "./control/on-nodes.ts";
import { JepsenError, messageOf } from "./errors.ts";

export interface AttemptsOptions {
  /** How long one part may take. */
  readonly partMs: number;
  /** Whether a node can be reached; of those that cannot, somebody else tells. */
  readonly isReached: (node: string) => boolean;
  readonly log: (line: string) => void;
}

/** Parts of a teardown, each bounded and by itself: the failure of one is a problem beside the verdict, not the end. */
export class Attempts {
  /** What went wrong, in sentences. */
  readonly problems: string[] = [];
  readonly #options: AttemptsOptions;
  #endMs = Number.POSITIVE_INFINITY;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** From now on all parts together must be over within so long: Infinity for each by itself. */
  allWithin(ms: number): void {
    this.#endMs = monotonicMs() + ms;
  }

  /** Notes a problem, and says it. */
  problem(sentence: string): void {
    this.problems.push(sentence);
    this.#options.log(sentence);
  }

  /** Does one part, and waits for it as long as it may take. Never rejects. */
  async do(what: string, act: () => Promise<unknown>): Promise<void> {
    const timeoutMs = Math.min(this.#options.partMs, this.#endMs - monotonicMs());
    if (timeoutMs <= 0) {
      this.problem(`${what}: there was no time left for it.`);
      return;
    }
    const waiting = new AbortController();
    const late = sleep(timeoutMs, waiting.signal).then(
      () => {
        throw new JepsenError("timeout", `it did not end within ${Math.round(timeoutMs) / 1000} s`);
      },
      () => {}, // the work ended first
    );
    try {
      await Promise.race([act(), late]);
    } catch (error) {
      const nodes = failedNodes(error);
      if (nodes.length > 0 && !nodes.some(this.#options.isReached)) return;
      this.problem(`${what}: ${messageOf(error)}`);
    } finally {
      waiting.abort();
    }
  }
}
