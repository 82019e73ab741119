import type { Options, Suite } from "../../src/test.ts";
import { fsAppend } from "./append.ts";
import type { FsTarget } from "./client.ts";
import { fsCounter } from "./counter.ts";
import { fsLock } from "./lock.ts";
import { fsWorkloadOptions } from "./options.ts";
import { fsRegister } from "./register.ts";
import { fsRename } from "./rename.ts";
import { fsSet } from "./set.ts";

const WORKLOADS = {
  "fs-append": fsAppend,
  "fs-set": fsSet,
  "fs-register": fsRegister,
  "fs-rename": fsRename,
  "fs-lock": fsLock,
  "fs-counter": fsCounter,
} as const;

/** All file system workloads on one target, for a suite whose options were made with `fsOptionShape`. */
export function fsWorkloads(target: (options: Options) => FsTarget): Suite["workloads"] {
  return Object.fromEntries(
    Object.entries(WORKLOADS).map(([name, make]) => [
      name,
      (context) => make(fsWorkloadOptions(context, target(context.options))),
    ]),
  );
}
