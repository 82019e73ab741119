import { independent } from "../../src/checker/independent.ts";
import { linearizable } from "../../src/checker/linearizable/checker.ts";
import { register } from "../../src/model/register.ts";
import type { Checker, Completion, Workload } from "../../src/test.ts";
import type { Consistency } from "./append-only.ts";
import { complete, completeRead, type FileWork, fileClient, unknownOperation } from "./client.ts";
import type { FsWorkloadOptions } from "./options.ts";
import { placeOf } from "./place.ts";
import { REGISTER_STORAGES, type RegisterStorage } from "./register-storage.ts";
import { regularRegisterChecker } from "./regular-register.ts";
import { rotatingKeys } from "./rotating-keys.ts";

function registerWork(storage: RegisterStorage, ownFolders: boolean): FileWork {
  return {
    folder: "register",
    async invoke(files, folder, op, signal) {
      const { path, prepare } = placeOf(folder, op.key, ownFolders);
      switch (op.f) {
        case "write": {
          const steps = [...prepare, ...storage.write(path, op.value as number)];
          return complete(await files.run(steps, signal), () => ({ type: "ok" }));
        }
        case "read": {
          const seen = (results: readonly unknown[]): Completion => ({ type: "ok", value: storage.value(results) });
          return completeRead(await files.run(storage.read(path), signal), null, seen, storage.absent);
        }
        default:
          return unknownOperation(op);
      }
    },
  };
}

/** How one register of distinct values is judged. */
export function registerChecker(consistency: Consistency): Checker {
  return consistency === "linearizable" ? linearizable({ model: register() }) : independent(regularRegisterChecker());
}

/** Files that hold one value each, overwritten in place and synced; opened anew by each reader. */
export function fsRegister(options: FsWorkloadOptions): Workload {
  const work = registerWork(REGISTER_STORAGES[options.storage], options.ownFolders);
  return {
    client: fileClient(options.target, work, options.timeoutMs),
    ...rotatingKeys({ ...options, change: "write", changesPerRead: 1 }),
    checker: registerChecker(options.consistency),
  };
}
