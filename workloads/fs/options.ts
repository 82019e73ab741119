import { z } from "zod";
import type { SuiteContext } from "../../src/test.ts";
import type { Consistency } from "./append-only.ts";
import type { FsTarget } from "./client.ts";
import type { RegisterStorageName } from "./register-storage.ts";
import type { SetElement } from "./set-elements.ts";

/** Flags of every suite that offers the file system workloads. */
export const fsOptionShape = {
  clientTimeout: z.number().min(0.05).max(600).default(5).describe("seconds that a client waits for one request"),
  opsPerKey: z.int().min(1).max(100_000).default(200).describe("operations on one file before the next one is taken"),
  oneWriter: z
    .boolean()
    .default(false)
    .describe("one client writes each file of fs-append, fs-register and fs-rename; the others read it"),
  consistency: z
    .enum(["linearizable", "close-to-open"])
    .default("linearizable")
    .describe("what readers of a file may expect of writers on other nodes"),
  lock: z.enum(["fcntl", "flock"]).default("fcntl").describe("kind of lock in fs-lock"),
  storage: z
    .enum(["data", "size", "attribute"])
    .default("data")
    .describe("what holds the value in fs-register: the file's data, its size, or an extended attribute"),
  setOf: z
    .enum(["files", "links", "directories"])
    .default("files")
    .describe("what fs-set makes: files created with O_EXCL, hard links, or directories"),
  ownFolders: z
    .boolean()
    .default(false)
    .describe("a folder of its own for each file of fs-append, fs-register and fs-rename"),
  keepOpen: z
    .boolean()
    .default(false)
    .describe("readers of fs-append keep the file open from one read to the next, as who follows a log does"),
};

/** Those that only some of the workloads read. */
export const fsWorkloadsOfFlags: Readonly<Record<string, readonly string[]>> = {
  oneWriter: ["fs-append", "fs-register", "fs-rename"],
  consistency: ["fs-append", "fs-set", "fs-register", "fs-rename"],
  lock: ["fs-lock"],
  storage: ["fs-register"],
  setOf: ["fs-set"],
  ownFolders: ["fs-append", "fs-register", "fs-rename"],
  keepOpen: ["fs-append"],
};

const schema = z.object(fsOptionShape);

/** What a file system workload is made of. */
export interface FsWorkloadOptions {
  readonly target: FsTarget;
  readonly nodes: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly opsPerKey: number;
  readonly oneWriter: boolean;
  readonly consistency: Consistency;
  readonly lock: "fcntl" | "flock";
  readonly storage: RegisterStorageName;
  readonly setOf: SetElement;
  readonly ownFolders: boolean;
  readonly keepOpen: boolean;
}

/** From a suite's options, which were made with `fsOptionShape`. */
export function fsWorkloadOptions(context: SuiteContext, target: FsTarget): FsWorkloadOptions {
  const { clientTimeout, ...flags } = schema.parse(context.options);
  const { nodes, concurrency } = context;
  const timeoutMs = clientTimeout * 1000;
  return { target, nodes: nodes.length, concurrency, timeoutMs, ...flags };
}
