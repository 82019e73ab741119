import { independent } from "../../src/checker/independent.ts";
import type { Workload } from "../../src/test.ts";
import { appendOnlyChecker } from "./append-only.ts";
import { complete, completeRead, type FileWork, fileClient, unknownOperation } from "./client.ts";
import type { FsWorkloadOptions } from "./options.ts";
import { placeOf } from "./place.ts";
import { decodeRecords, encodeRecord } from "./records.ts";
import { rotatingKeys } from "./rotating-keys.ts";
import { readHeld, readWhole, writeSynced } from "./steps.ts";

/** A final read opens the file in any case: what only those miss that had it open before is not lost. */
const ANEW = "anew";

function appendWork({ ownFolders, keepOpen }: FsWorkloadOptions): FileWork {
  return {
    folder: "append",
    async invoke(files, folder, op, signal) {
      const { path, prepare } = placeOf(folder, op.key, ownFolders);
      switch (op.f) {
        case "append": {
          const record = encodeRecord(op.value as number);
          const steps = [...prepare, ...writeSynced(path, ["O_CREAT", "O_APPEND"], record)];
          return complete(await files.run(steps, signal), () => ({ type: "ok" }));
        }
        case "read": {
          const steps = keepOpen && op.value !== ANEW ? readHeld(path) : readWhole(path);
          return completeRead(await files.run(steps, signal), null, (results) => ({
            type: "ok",
            value: decodeRecords(results[1] as string),
          }));
        }
        default:
          return unknownOperation(op);
      }
    },
  };
}

/** Records appended to files with O_APPEND and fsync: none lost, torn or twice, and all readers agree on the order. */
export function fsAppend(options: FsWorkloadOptions): Workload {
  return {
    client: fileClient(options.target, appendWork(options), options.timeoutMs),
    ...rotatingKeys({
      ...options,
      change: "append",
      changesPerRead: 2,
      ...(options.keepOpen ? { finalValue: ANEW } : {}),
    }),
    checker: independent(appendOnlyChecker(options.consistency)),
  };
}
