import type { Workload } from "../../src/test.ts";
import { complete, completeRead, type FileWork, fileClient, unknownOperation } from "./client.ts";
import { failed } from "./errors.ts";
import type { FsWorkloadOptions } from "./options.ts";
import { placeOf } from "./place.ts";
import { decodeCopies, encodeRecord } from "./records.ts";
import { registerChecker } from "./register.ts";
import { rotatingKeys } from "./rotating-keys.ts";
import { readWhole, writeSynced } from "./steps.ts";

/** Two pages and a bit: a reader that meets a mix of two files can see it. */
const COPIES = 520;

function renameWork(ownFolders: boolean): FileWork {
  return {
    folder: "rename",
    async invoke(files, folder, op, signal) {
      const { folder: own, path, prepare } = placeOf(folder, op.key, ownFolders);
      switch (op.f) {
        case "write": {
          const fresh = `${own}/new-${op.index}`;
          const content = encodeRecord(op.value as number).repeat(COPIES);
          const steps = [...prepare, ...writeSynced(fresh, ["O_CREAT", "O_EXCL"], content)];
          const prepared = await files.run(steps, signal);
          // nobody looks at the new file before it has its place: until then nothing happened
          if ("error" in prepared) return failed({ ...prepared.error, definite: true });
          return complete(await files.run([["rename", fresh, path]], signal), () => ({ type: "ok" }));
        }
        case "read":
          return completeRead(await files.run(readWhole(path), signal), null, (results) => ({
            type: "ok",
            value: decodeCopies(results[1] as string, COPIES) ?? { torn: "an empty file" },
          }));
        default:
          return unknownOperation(op);
      }
    },
  };
}

/** Files replaced by rename: a reader sees the old content or the new one, never neither and never a mix. */
export function fsRename(options: FsWorkloadOptions): Workload {
  return {
    client: fileClient(options.target, renameWork(options.ownFolders), options.timeoutMs),
    ...rotatingKeys({ ...options, change: "write", changesPerRead: 1 }),
    checker: registerChecker(options.consistency),
  };
}
