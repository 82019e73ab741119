import type { Session } from "../test.ts";

/** One session a node, opened at first use and kept. */
export class SessionPool {
  readonly #open: (node: string) => Promise<Session>;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(open: (node: string) => Promise<Session>) {
    this.#open = open;
  }

  get(node: string): Promise<Session> {
    let session = this.#sessions.get(node);
    if (!session) {
      session = this.#open(node);
      this.#sessions.set(node, session);
      session.catch(() => this.#sessions.delete(node)); // the caller sees the error; the next one tries anew
    }
    return session;
  }

  async close(): Promise<void> {
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(
      open.map((session) =>
        session.then(
          (one) => one.close(),
          () => {},
        ),
      ),
    );
  }
}
