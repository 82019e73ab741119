import { requirePrograms } from "../../src/control/exec.ts";
import { JepsenError } from "../../src/errors.ts";
import type { Client, Completion, Invocation, Test } from "../../src/test.ts";
import { failed } from "./errors.ts";
import { FileSession, type Outcome } from "./session.ts";
import { requireShared } from "./shared-directory.ts";

/** Where the files are. */
export interface FsTarget {
  /** A directory that exists on every node, or can be made below one that does. Everything happens below it. */
  readonly directory: string;
  /** The directory is one node's own: all clients use the first node. Otherwise each client uses it on its own node. */
  readonly local: boolean;
  /** Removes the directory at the end; left out where the database removes it. */
  readonly removeAtEnd?: boolean;
}

/** What a workload does with files. */
export interface FileWork {
  /** The workload's own folder below the target's directory. */
  readonly folder: string;
  /** One operation; `folder` is the absolute path. */
  invoke(files: FileSession, folder: string, op: Invocation, signal: AbortSignal): Promise<Completion>;
}

const SETUP_TIMEOUT_MS = 20_000;
/** What an earlier run left behind would be taken for this run's. */
const MAKE_EMPTY = 'mkdir -p "$1" && [ -z "$(ls -A "$1")" ]';

/** A client that works on files through an agent of its own on a node. */
export function fileClient(target: FsTarget, work: FileWork, timeoutMs: number): Client {
  const folder = `${target.directory}/${work.folder}`;
  const place = (test: Test, node: string) => (target.local ? (test.nodes[0] ?? node) : node);
  const connected = (files: FileSession, node: string): Client => ({
    reusable: true, // an agent that was lost is replaced
    open: async () => {
      throw new JepsenError("internal", "This client is connected already.");
    },
    setup: async (test) => {
      const where = place(test, node);
      const session = await test.cluster.session(where);
      await requirePrograms(session, ["python3"], "a file system workload", "install it there");
      if (!target.local) await requireShared(test, session, target.directory);
      const { code, stderr } = await session.exec(["sh", "-c", MAKE_EMPTY, "sh", folder], {
        timeoutMs: SETUP_TIMEOUT_MS,
      });
      if (code === 0) return;
      const why = stderr.trim() === "" ? "there are files in it already; remove them" : stderr.trim();
      throw new JepsenError("environment", `The folder ${folder} on ${where} cannot be used: ${why}.`, { node: where });
    },
    invoke: (_test, op, signal) => work.invoke(files, folder, op, signal),
    teardown: async (test) => {
      if (target.removeAtEnd !== true || node !== test.nodes[0]) return;
      const session = await test.cluster.session(node);
      await session.exec(["rm", "-rf", "--one-file-system", target.directory]);
    },
    close: () => files.close(),
  });
  return {
    open: async (test, node) =>
      connected(new FileSession(await test.cluster.session(place(test, node)), timeoutMs), node),
    setup: notConnected, // that these exist tells the run to call them on the connected ones
    teardown: notConnected,
    invoke: notConnected,
    close: async () => {},
  };
}

async function notConnected(): Promise<never> {
  throw new JepsenError("internal", "This client is not connected.");
}

/** The completion of an outcome: what `ok` makes of the results, or the error's. */
export function complete(outcome: Outcome, ok: (results: readonly unknown[]) => Completion): Completion {
  return "error" in outcome ? failed(outcome.error) : ok(outcome.results);
}

/** The same for a read: a file that is not there (or what else `codes` say is not) is an observation, what `absent` stands for. */
export function completeRead(
  outcome: Outcome,
  absent: unknown,
  ok: (results: readonly unknown[]) => Completion,
  codes: readonly string[] = ["ENOENT"],
): Completion {
  if ("error" in outcome && codes.includes(outcome.error.code)) return { type: "ok", value: absent };
  return complete(outcome, ok);
}

/** For an operation that a client does not know: a defect of the workload. */
export function unknownOperation(op: Invocation): never {
  throw new JepsenError("client", `This workload has no operation "${op.f}".`, { f: op.f });
}
