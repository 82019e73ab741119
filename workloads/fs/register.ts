import { independent } from "../../src/checker/independent.ts";
import { linearizable } from "../../src/checker/linearizable/checker.ts";
import { register } from "../../src/model/register.ts";
import type { Checker, Workload } from "../../src/test.ts";
import type { Consistency } from "./append-only.ts";
import { complete, completeRead, type FileWork, fileClient, unknownOperation } from "./client.ts";
import type { FsWorkloadOptions } from "./options.ts";
import { decodeCopies, encodeRecord } from "./records.ts";
import { regularRegisterChecker } from "./regular-register.ts";
import { rotatingKeys } from "./rotating-keys.ts";
import { FILE, readWhole } from "./steps.ts";

const work: FileWork = {
  folder: "register",
  async invoke(files, folder, op, signal) {
    const path = `${folder}/${op.key}`;
    switch (op.f) {
      case "write": {
        const outcome = await files.run(
          [
            ["open", FILE, path, ["O_WRONLY", "O_CREAT"]],
            ["pwrite", FILE, encodeRecord(op.value as number), 0],
            ["fsync", FILE],
            ["close", FILE],
          ],
          signal,
        );
        return complete(outcome, () => ({ type: "ok" }));
      }
      case "read":
        return completeRead(await files.run(readWhole(path), signal), null, (results) => ({
          type: "ok",
          value: decodeCopies(results[1] as string, 1),
        }));
      default:
        return unknownOperation(op);
    }
  },
};

/** How one register of distinct values is judged. */
export function registerChecker(consistency: Consistency): Checker {
  return consistency === "linearizable" ? linearizable({ model: register() }) : independent(regularRegisterChecker());
}

/** Files of one record, overwritten in place and synced; opened anew by each reader. */
export function fsRegister(options: FsWorkloadOptions): Workload {
  return {
    client: fileClient(options.target, work, options.timeoutMs),
    ...rotatingKeys({ ...options, change: "write", changesPerRead: 1 }),
    checker: registerChecker(options.consistency),
  };
}
