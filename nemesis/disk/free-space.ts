import { execOk } from "../../src/control/exec.ts";
import type { Session } from "../../src/test.ts";

/** A file system as df shows it. Sizes in bytes. */
export interface FreeSpace {
  readonly availableBytes: number;
  readonly mountPoint: string;
  readonly type: string;
}

/** Free space of the file system that holds a directory. */
export async function freeSpace(session: Session, directory: string): Promise<FreeSpace> {
  const out = await execOk(session, ["df", "-P", "-T", "-k", directory]);
  const [, type = "", , , available = "0", , mountPoint = ""] = (out.split("\n").at(-1) ?? "").split(/\s+/);
  return { availableBytes: Number(available) * 1024, mountPoint, type };
}

/**
 * Whether so many bytes can be written there now: asked of the file system itself, by writing them and taking them
 * away again. What df says of reserved blocks and quotas may be another matter.
 */
export async function canWrite(session: Session, directory: string, bytes: number): Promise<boolean> {
  const script =
    'f="$1/.jepsen-ts-probe"; head -c "$2" /dev/zero > "$f" 2>/dev/null; code=$?; size=$(wc -c < "$f" 2>/dev/null || echo 0); rm -f "$f"; [ "$code" -eq 0 ] && [ "$size" -eq "$2" ] && echo yes || echo no';
  return (await execOk(session, ["sh", "-c", script, "sh", directory, String(bytes)])) === "yes";
}

/** Bytes of memory that are free on the node: what a disk in memory can take. */
export async function availableMemory(session: Session): Promise<number> {
  const out = await execOk(session, ["sed", "-n", "s/^MemAvailable: *\\([0-9]*\\) kB$/\\1/p", "/proc/meminfo"]);
  return Number(out) * 1024;
}

/** Makes a file of this size, with real blocks behind it. What did not fit is left out: a full disk is the aim. */
export async function fill(session: Session, path: string, bytes: number): Promise<void> {
  const script = 'fallocate -l "$2" "$1" 2>/dev/null && exit 0; head -c "$2" /dev/zero > "$1" 2>/dev/null; [ -s "$1" ]';
  await execOk(session, ["sh", "-c", script, "sh", path, String(bytes)], { timeoutMs: 50_000 });
}

/** Where the ballast lies for a data directory: beside it where that is the same file system, so that the database never sees it. */
export async function ballastPath(session: Session, directory: string): Promise<string> {
  const script =
    'dir=$1; up=$(dirname "$dir"); [ "$(stat -c %d "$up")" = "$(stat -c %d "$dir")" ] && dir=$up; echo "$dir/.jepsen-ts-ballast"';
  return execOk(session, ["sh", "-c", script, "sh", directory]);
}
