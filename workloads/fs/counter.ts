import { counterChecker } from "../../src/checker/counter.ts";
import { clients, limit, mix, repeat } from "../../src/generator/index.ts";
import type { GeneratorLike, Workload } from "../../src/test.ts";
import { complete, completeRead, type FileWork, fileClient, unknownOperation } from "./client.ts";
import type { FsWorkloadOptions } from "./options.ts";
import { FILE, writeSynced } from "./steps.ts";

const work: FileWork = {
  folder: "counter",
  async invoke(files, folder, op, signal) {
    const path = `${folder}/counter`;
    switch (op.f) {
      case "add":
        return complete(await files.run(writeSynced(path, ["O_CREAT", "O_APPEND"], "+"), signal), () => ({
          type: "ok",
        }));
      case "read": {
        const outcome = await files.run(
          [
            ["open", FILE, path, ["O_RDONLY"]],
            ["size", FILE],
            ["close", FILE],
          ],
          signal,
        );
        return completeRead(outcome, 0, (results) => ({ type: "ok", value: results[1] }));
      }
      default:
        return unknownOperation(op);
    }
  },
};

/** Adds of 1 and reads, and reads at the end. */
export function countingOperations(concurrency: number): { generator: GeneratorLike; finalGenerator: GeneratorLike } {
  const read = repeat({ f: "read", value: null });
  return {
    generator: clients(
      mix([
        [read, 1],
        [repeat({ f: "add", value: 1 }), 2],
      ]),
    ),
    finalGenerator: limit(concurrency, read),
  };
}

/** One file that grows by a byte with each `add`; its size is the count. */
export function fsCounter(options: FsWorkloadOptions): Workload {
  return {
    client: fileClient(options.target, work, options.timeoutMs),
    ...countingOperations(options.concurrency),
    checker: counterChecker(),
  };
}
