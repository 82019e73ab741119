import { independent } from "../../src/checker/independent.ts";
import type { Workload } from "../../src/test.ts";
import { appendOnlyChecker } from "./append-only.ts";
import { complete, completeRead, type FileWork, fileClient, unknownOperation } from "./client.ts";
import type { FsWorkloadOptions } from "./options.ts";
import { decodeRecords, encodeRecord } from "./records.ts";
import { rotatingKeys } from "./rotating-keys.ts";
import { readWhole, writeSynced } from "./steps.ts";

const work: FileWork = {
  folder: "append",
  async invoke(files, folder, op, signal) {
    const path = `${folder}/${op.key}`;
    switch (op.f) {
      case "append": {
        const record = encodeRecord(op.value as number);
        const outcome = await files.run(writeSynced(path, ["O_CREAT", "O_APPEND"], record), signal);
        return complete(outcome, () => ({ type: "ok" }));
      }
      case "read":
        return completeRead(await files.run(readWhole(path), signal), null, (results) => ({
          type: "ok",
          value: decodeRecords(results[1] as string),
        }));
      default:
        return unknownOperation(op);
    }
  },
};

/** Records appended to files with O_APPEND and fsync: none lost, torn or twice, and all readers agree on the order. */
export function fsAppend(options: FsWorkloadOptions): Workload {
  return {
    client: fileClient(options.target, work, options.timeoutMs),
    ...rotatingKeys({ ...options, change: "append", changesPerRead: 2 }),
    checker: independent(appendOnlyChecker(options.consistency)),
  };
}
