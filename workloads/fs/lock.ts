import { compose } from "../../src/checker/compose.ts";
import { counterChecker } from "../../src/checker/counter.ts";
import { monotonicMs, sleep } from "../../src/clock.ts";
import { isClientOp } from "../../src/history/op.ts";
import type { Checker, Completion, Result, Workload } from "../../src/test.ts";
import { type FileWork, fileClient, unknownOperation } from "./client.ts";
import { countingOperations } from "./counter.ts";
import { failed } from "./errors.ts";
import type { FsWorkloadOptions } from "./options.ts";
import { decodeCopies, encodeRecord } from "./records.ts";
import type { FileSession, Outcome } from "./session.ts";
import { FILE, type LockKind } from "./steps.ts";

/** Milliseconds between two tries to get a lock that somebody else holds. */
const RETRY_PAUSE_MS = 10;
const TORN = "torn";

function lockWork(kind: "fcntl" | "flock", waitMs: number): FileWork {
  return {
    folder: "lock",
    async invoke(files, folder, op, signal) {
      if (op.f !== "add" && op.f !== "read") return unknownOperation(op);
      const path = `${folder}/counter`;
      const adds = op.f === "add";
      const held = await lockAndRead(files, path, kind, adds ? "exclusive" : "shared", waitMs, signal);
      if ("error" in held) return failed({ ...held.error, definite: true }); // nothing is written before the lock is held
      const count = decodeCopies(held.results[2] as string, 1) ?? 0;
      let completion: Completion;
      if (typeof count !== "number") {
        completion = {
          type: "fail",
          error: { code: TORN, message: `the counter reads ${JSON.stringify(count.torn)}` },
        };
      } else if (adds) {
        const written = await files.run(
          [
            ["pwrite", FILE, encodeRecord(count + 1), 0],
            ["fsync", FILE],
          ],
          signal,
        );
        completion = "error" in written ? failed(written.error) : { type: "ok" };
      } else {
        completion = { type: "ok", value: count };
      }
      const given = completion.type === "info" ? undefined : await files.run([["close", FILE]], signal);
      if (given === undefined || "error" in given) await files.close(); // the lock goes with the agent
      return completion;
    },
  };
}

/** Opens, locks and reads in one request, until the lock is got or `waitMs` have passed. The file stays open. */
async function lockAndRead(
  files: FileSession,
  path: string,
  kind: "fcntl" | "flock",
  how: LockKind,
  waitMs: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const deadline = monotonicMs() + waitMs;
  for (;;) {
    const outcome = await files.run(
      [
        ["open", FILE, path, ["O_RDWR", "O_CREAT"]],
        [kind, FILE, how],
        ["read", FILE],
      ],
      signal,
    );
    const isHeld = "error" in outcome && (outcome.error.code === "EAGAIN" || outcome.error.code === "EACCES");
    if (!isHeld || monotonicMs() + RETRY_PAUSE_MS >= deadline || signal.aborted) return outcome;
    await sleep(RETRY_PAUSE_MS);
  }
}

/** False when somebody found the counter torn: two were in it at once. */
export function intactChecker(): Checker {
  return {
    async check(_test, history): Promise<Result> {
      const torn = history.filter((op) => isClientOp(op) && op.error?.code === TORN);
      const [first] = torn;
      if (first === undefined) return { valid: true, summary: "Nobody found the counter torn." };
      const more = torn.length > 1 ? ` There are ${torn.length - 1} more like it.` : "";
      return { valid: false, summary: `Operation ${first.index}: ${first.error?.message ?? TORN}.${more}` };
    },
  };
}

/** A number in a file, read and written under a lock of the whole file: without mutual exclusion, additions are lost. */
export function fsLock(options: FsWorkloadOptions): Workload {
  return {
    client: fileClient(options.target, lockWork(options.lock, options.timeoutMs), options.timeoutMs),
    ...countingOperations(options.concurrency),
    checker: compose({ intact: intactChecker(), counter: counterChecker() }),
  };
}
