import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import type { Session } from "../test.ts";
import { breakableSession } from "./breakable-session.ts";

/** Of the look whether a node answers again. */
const LOOK_TIMEOUT_MS = 10_000;

/**
 * Nodes that cannot be reached now. Whoever could not connect to a node, after trying for as long as a connection may
 * take, has found it out for all others: what they do there ends at once, and what they begin fails at once, until a
 * look finds that it answers again. Each change is said once.
 */
export class UnreachedNodes {
  /** Why, by node. */
  readonly #unreached = new Map<string, string>();
  /** By node: breaks off what is under way there. */
  readonly #breaks = new Map<string, AbortController>();
  readonly #say: (line: string) => void;
  #isRemembered = false;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  has(node: string): boolean {
    return this.#unreached.has(node);
  }

  /** Why the node could not be reached, in a sentence; undefined when it could. */
  why(node: string): string | undefined {
    return this.#unreached.get(node);
  }

  /** From now on, a node that was not reached once is left alone for good. */
  remember(): void {
    this.#isRemembered = true;
  }

  /** The same session; JepsenError "connect" at once where the node is known not to answer. */
  watched(session: Session): Session {
    const { node } = session;
    const doing = async <T>(act: (session: Session) => Promise<T>): Promise<T> => {
      if (this.has(node)) throw unreachedError(node);
      try {
        return await act(breakableSession(session, this.#breakOf(node).signal));
      } catch (error) {
        if (isJepsenError(error, "connect") && error.data.host !== undefined) this.#add(node, error); // it was tried
        if (this.has(node) && isJepsenError(error, "aborted")) throw unreachedError(node);
        throw error;
      }
    };
    return {
      node,
      exec: (argv, options) => doing((each) => each.exec(argv, options)),
      spawn: (argv, options) => doing((each) => each.spawn(argv, options)),
      upload: (from, to, options) => doing((each) => each.upload(from, to, options)),
      download: (from, to, options) => doing((each) => each.download(from, to, options)),
      close: () => session.close(),
    };
  }

  /** Whether the node answers (again), by the session itself: not the watched one. Never rejects. */
  async look(session: Session): Promise<boolean> {
    const { node } = session;
    if (!this.has(node)) return true;
    if (this.#isRemembered) return false;
    try {
      await session.exec(["true"], { timeoutMs: LOOK_TIMEOUT_MS });
    } catch {
      return false;
    }
    if (this.#isRemembered) return false;
    if (this.#unreached.delete(node)) this.#say(`Node ${node} answers again.`);
    return true;
  }

  #add(node: string, error: unknown): void {
    if (this.has(node)) return;
    const why = messageOf(error);
    this.#unreached.set(node, why);
    this.#say(`Node ${node} is left alone ${this.#isRemembered ? "from now on" : "until it answers again"}: ${why}`);
    this.#breaks.get(node)?.abort(error);
    this.#breaks.delete(node);
  }

  #breakOf(node: string): AbortController {
    const known = this.#breaks.get(node) ?? new AbortController();
    this.#breaks.set(node, known);
    return known;
  }
}

function unreachedError(node: string): JepsenError {
  return new JepsenError("connect", `Node ${node} cannot be reached.`, { node, unreached: true });
}
