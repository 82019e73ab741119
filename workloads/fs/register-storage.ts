import { decodeCopies, encodeRecord } from "./records.ts";
import { FILE, readWhole, type Step } from "./steps.ts";

/** How a file keeps one value. */
export interface RegisterStorage {
  /** Puts the value in the place of the one before, synced, by one call that changes it. */
  write(path: string, value: number): readonly Step[];
  read(path: string): readonly Step[];
  /** What the read's results say; null when nothing was written yet. */
  value(results: readonly unknown[]): unknown;
  /** Errors of the read that say so as well. */
  readonly absent: readonly string[];
}

const ATTRIBUTE = "user.value";

function synced(path: string, change: Step): readonly Step[] {
  return [["open", FILE, path, ["O_WRONLY", "O_CREAT"]], change, ["fsync", FILE], ["close", FILE]];
}

/** In the file's data, overwritten in place. */
const data: RegisterStorage = {
  write: (path, value) => synced(path, ["pwrite", FILE, encodeRecord(value), 0]),
  read: readWhole,
  value: (results) => decodeCopies(results[1] as string, 1),
  absent: ["ENOENT"],
};

/** In the file's size, by truncation: a file of n + 1 bytes, all of them holes, is n. */
const size: RegisterStorage = {
  write: (path, value) => synced(path, ["truncate", FILE, value + 1]),
  read: (path) => [
    ["open", FILE, path, ["O_RDONLY"]],
    ["size", FILE],
    ["close", FILE],
  ],
  value: (results) => (results[1] === 0 ? null : (results[1] as number) - 1),
  absent: ["ENOENT"],
};

/** In an extended attribute, of which a replicated file system keeps separate accounts. */
const attribute: RegisterStorage = {
  write: (path, value) => synced(path, ["setxattr", path, ATTRIBUTE, encodeRecord(value)]),
  read: (path) => [["getxattr", path, ATTRIBUTE]],
  value: (results) => decodeCopies(results[0] as string, 1),
  absent: ["ENOENT", "ENODATA"],
};

export const REGISTER_STORAGES = { data, size, attribute } as const;

/** Names of what can keep a register's value. */
export type RegisterStorageName = keyof typeof REGISTER_STORAGES;
