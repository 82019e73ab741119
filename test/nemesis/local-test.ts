import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { JepsenError } from "../../src/errors.ts";
import type {
  Completion,
  Db,
  Evidence,
  ExecOptions,
  ExecResult,
  Guard,
  Nemesis,
  RemoteProcess,
  Session,
  Test,
} from "../../src/test.ts";

/** A session with this machine itself: the commands of a fault run for real, on the test's own processes and files. */
export class LocalSession implements Session {
  readonly node: string;

  constructor(node: string) {
    this.node = node;
  }

  exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      const [program = "", ...rest] = argv;
      const child = spawn(program, rest, { stdio: "pipe", timeout: options.timeoutMs ?? 30_000 });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      child.on("error", reject);
      child.on("close", (code) =>
        resolve({ code: code ?? 255, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
      );
      child.stdin.on("error", () => {}); // a command that does not read its stdin
      child.stdin.end(options.stdin ?? "");
    });
  }

  async spawn(): Promise<never> {
    throw new JepsenError("internal", "This session runs no long-lived processes.");
  }

  async upload(): Promise<void> {}

  async download(): Promise<void> {}

  async close(): Promise<void> {}
}

/** One that runs long-lived processes as well. */
export class SpawningSession extends LocalSession {
  override async spawn(argv: readonly string[] = []): Promise<never> {
    const child = spawn(argv[0] ?? "", argv.slice(1), { stdio: "pipe" });
    const exited = new Promise<number | undefined>((resolve) =>
      child.once("exit", (code) => resolve(code ?? undefined)),
    );
    const remote: RemoteProcess = {
      lines: createInterface({ input: child.stdout }),
      exited,
      stderr: () => "",
      async write(line) {
        child.stdin.write(`${line}\n`);
      },
      async close() {
        child.kill("SIGKILL");
        await exited;
      },
    };
    return remote as never;
  }
}

/** A guard that remembers everything, whose lease a test can let run out. */
export class FakeGuard implements Guard {
  readonly events: string[] = [];
  readonly scripts = new Map<string, string>();
  readonly notes: string[] = [];
  expiries = 0;
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async register(fault: string, undoScript: string): Promise<void> {
    this.events.push(`register ${fault}`);
    this.scripts.set(fault, undoScript);
  }

  async unregister(fault: string): Promise<void> {
    this.events.push(`unregister ${fault}`);
    this.scripts.delete(fault);
  }

  async note(sentence: string): Promise<void> {
    this.events.push("note");
    this.notes.push(sentence);
  }

  async renew(): Promise<number> {
    return this.expiries;
  }

  /** The lease runs out: the node runs every script, as `sh` does. */
  async expire(): Promise<void> {
    this.expiries++;
    for (const [fault, script] of this.scripts) {
      const { code, stderr } = await this.#session.exec(["sh", "-c", script]);
      if (code !== 0) throw new Error(`The undo script of ${fault} failed: ${stderr}`);
    }
    this.scripts.clear();
  }
}

/** As much of a test as a fault needs. */
export interface LocalTest extends Test {
  readonly guards: ReadonlyMap<string, FakeGuard>;
}

export function localTest(nodes: readonly string[], db: Db, options: Record<string, unknown> = {}): LocalTest {
  const sessions = new Map(nodes.map((node) => [node, new LocalSession(node)]));
  const guards = new Map(nodes.map((node) => [node, new FakeGuard(sessions.get(node)!)]));
  return {
    name: "local",
    nodes,
    db,
    options,
    guards,
    guard: (node: string) => guards.get(node)!,
    cluster: { kind: "local", session: async (node: string) => sessions.get(node)!, address: () => "127.0.0.1" },
    log: () => {},
  } as unknown as LocalTest;
}

/** The same test, without a way to one of its nodes. */
export function without(node: string, test: LocalTest): LocalTest {
  const nowhere = () => Promise.reject(new JepsenError("connect", `Cannot reach ${node}.`, { node }));
  const guard: Guard = { register: nowhere, unregister: nowhere, note: nowhere, renew: nowhere };
  return {
    ...test,
    guard: (each: string) => (each === node ? guard : test.guard(each)),
    cluster: { ...test.cluster, session: (each: string) => (each === node ? nowhere() : test.cluster.session(each)) },
  } as LocalTest;
}

/** Invokes one operation of a nemesis. */
export async function invoke(nemesis: Nemesis, test: Test, f: string, value: unknown = null): Promise<Completion> {
  const op = { index: 0, time: 0, type: "invoke", process: "nemesis", f, value } as const;
  return nemesis.invoke(test, op, new AbortController().signal);
}

/** A completion's evidence, which must be there. */
export function evidenceOf(completion: Completion): Evidence {
  if (!completion.evidence) throw new Error(`no evidence in ${JSON.stringify(completion)}`);
  return completion.evidence;
}
