import type { ExecOptions, ExecResult, Session } from "../../../src/test.ts";

/** A command as a session was given it. */
export interface FakeCall {
  readonly argv: readonly string[];
  readonly options: ExecOptions | undefined;
}

/** A session that answers commands from a function and remembers them. */
export class FakeSession implements Session {
  readonly node: string;
  readonly calls: FakeCall[] = [];
  readonly #answer: (call: FakeCall) => Partial<ExecResult>;

  constructor(node: string, answer: (call: FakeCall) => Partial<ExecResult>) {
    this.node = node;
    this.#answer = answer;
  }

  async exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult> {
    const call = { argv, options };
    this.calls.push(call);
    return { code: 0, stdout: "", stderr: "", ...this.#answer(call) };
  }

  async spawn(): Promise<never> {
    throw new Error("not used");
  }

  async upload(): Promise<never> {
    throw new Error("not used");
  }

  async download(): Promise<never> {
    throw new Error("not used");
  }

  async close(): Promise<void> {}
}
