import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ExecResult, RemoteProcess, Session } from "../../../src/test.ts";

/** A session with this machine, without SSH: agents under test are real processes. */
export class LocalSession implements Session {
  readonly node: string;
  /** Everything that was spawned, to look at it or end it. */
  readonly spawned: { readonly pid: number; kill(): void }[] = [];

  constructor(node = "here") {
    this.node = node;
  }

  async exec(argv: readonly string[]): Promise<ExecResult> {
    const [program, ...rest] = argv;
    const child = spawn(program!, rest, { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const code = await new Promise<number>((resolve) => child.once("close", (ended) => resolve(ended ?? -1)));
    return { code, stdout, stderr };
  }

  async spawn(argv: readonly string[]): Promise<RemoteProcess> {
    const [program, ...rest] = argv;
    const child = spawn(program!, rest, { stdio: ["pipe", "pipe", "pipe"] });
    this.spawned.push({ pid: child.pid!, kill: () => void child.kill("SIGKILL") });
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.stdin.on("error", () => {}); // it ended: the next read says so
    const exited = new Promise<number | undefined>((resolve) =>
      child.once("close", (code) => resolve(code ?? undefined)),
    );
    return {
      lines: createInterface({ input: child.stdout }),
      write: (line) =>
        new Promise((resolve, reject) =>
          child.stdin.write(`${line}\n`, (error) => (error ? reject(error) : resolve())),
        ),
      exited,
      stderr: () => stderr,
      close: async () => {
        child.stdin.end();
        child.kill("SIGKILL");
        await exited;
      },
    };
  }

  async upload(): Promise<void> {}
  async download(): Promise<void> {}
  async close(): Promise<void> {}
}
