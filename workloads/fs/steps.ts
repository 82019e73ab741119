/** System calls as the agent takes them. A path is absolute on the node; a slot names an open file. */

/** What `open` may be told; names of `open(2)`. */
export type OpenFlag = "O_RDONLY" | "O_WRONLY" | "O_RDWR" | "O_APPEND" | "O_CREAT" | "O_EXCL" | "O_TRUNC" | "O_DIRECT";

/** How a lock is held; "none" gives it back. */
export type LockKind = "shared" | "exclusive" | "none";

/** One system call: its name and arguments. */
export type Step =
  | readonly ["open", slot: string, path: string, flags: readonly OpenFlag[]]
  | readonly ["hold", slot: string, path: string]
  | readonly ["close" | "read" | "fsync" | "size", slot: string]
  | readonly ["write", slot: string, text: string]
  | readonly ["pwrite", slot: string, text: string, offset: number]
  | readonly ["truncate", slot: string, length: number]
  | readonly ["fcntl" | "flock", slot: string, kind: LockKind]
  | readonly ["list" | "unlink" | "syncDirectory", path: string]
  | readonly ["mkdir", path: string, mayExist: boolean]
  | readonly ["rename" | "link", from: string, to: string]
  | readonly ["setxattr", path: string, name: string, text: string]
  | readonly ["getxattr", path: string, name: string];

/** The slot that one-request operations use. */
export const FILE = "file";

/** The slot of a file that a reader keeps open. */
const HELD = "held";

/** Opens, reads to the end, closes; the text is the second result. */
export function readWhole(path: string): readonly Step[] {
  return [
    ["open", FILE, path, ["O_RDONLY"]],
    ["read", FILE],
    ["close", FILE],
  ];
}

/** Reads from the beginning to the end of a file that stays open from one request to the next; the text is the second result. */
export function readHeld(path: string): readonly Step[] {
  return [
    ["hold", HELD, path],
    ["read", HELD],
  ];
}

/** Opens, writes once, syncs, closes: the data has left the client's caches when it is acknowledged. */
export function writeSynced(path: string, flags: readonly OpenFlag[], text: string): readonly Step[] {
  return [
    ["open", FILE, path, ["O_WRONLY", ...flags]],
    ["write", FILE, text],
    ["fsync", FILE],
    ["close", FILE],
  ];
}

/**
 * Whether a step can change what others see. A file that is opened with O_CREAT alone does not, nor does a directory that
 * may be there already: they are empty when they are new, and every workload takes what is empty for what is not there.
 */
export function isMutation(step: Step): boolean {
  switch (step[0]) {
    case "open":
      return step[3].includes("O_EXCL") || step[3].includes("O_TRUNC");
    case "mkdir":
      return !step[2];
    case "write":
    case "pwrite":
    case "truncate":
    case "rename":
    case "link":
    case "unlink":
    case "setxattr":
      return true;
    default:
      return false;
  }
}
