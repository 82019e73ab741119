import { z } from "zod";
import { execOk } from "../../src/control/exec.ts";
import { JepsenError } from "../../src/errors.ts";
import type { Session } from "../../src/test.ts";

/** A file is hashed as a whole up to this size, and a region of it up to the same. */
const HASH_BYTES_MAX = 256 << 20;
/** Chunks that are kept on a node, all together. */
export const KEPT_BYTES_MAX = 64 << 20;
/** More changes than this are not made by one operation. */
export const CHANGES_MAX = 1000;
const TIMEOUT_MS = 40_000;

/**
 * The node's side: it reads one JSON request on stdin and answers one. Every change is told with the digest of the
 * region before and of what was written; whoever doubts it reads the file again with "inspect". Regions end where the
 * file's last byte other than zero is: logs are preallocated, and damage to their empty tail is none. Neither is damage
 * to the holes of a sparse file, of which an OSD's disk of gigabytes is nearly all.
 */
const TOOL = `
import bisect, errno, hashlib, itertools, json, os, random, sys
HASH_MAX, KEPT_MAX, CHANGES_MAX = ${HASH_BYTES_MAX}, ${KEPT_BYTES_MAX}, ${CHANGES_MAX}
ask = json.load(sys.stdin)
path = ask["path"]
def digest(data):
    return data.hex() if len(data) <= 16 else "sha256:" + hashlib.sha256(data).hexdigest()
def read(handle, offset, length):
    handle.seek(offset)
    return handle.read(length)
def whole(handle):
    size = os.fstat(handle.fileno()).st_size
    if size > HASH_MAX:
        return None
    total = hashlib.sha256()
    handle.seek(0)
    for block in iter(lambda: handle.read(1 << 20), b""):
        total.update(block)
    return total.hexdigest()
def extents():
    with open(path, "rb") as file:
        at, found = 0, []
        while True:
            try:
                start = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:
                    return found
                raise
            at = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            found.append((start, at))
def data_end(handle):
    for first, end in reversed(extents()):
        while end > first:
            start = max(first, end - (1 << 20))
            block = read(handle, start, end - start).rstrip(b"\\0")
            if block:
                return start + len(block)
            end = start
    return 0
def parts(handle):
    end = data_end(handle)
    first, last = ask.get("start", 0), min(ask.get("end", end), end)
    clipped = [(max(first, start), min(last, end)) for start, end in extents()]
    return [(start, end) for start, end in clipped if start < end]
def chunks(handle):
    found = parts(handle)
    first, size, mod, i = ask.get("start", 0), ask["chunkBytes"], ask["mod"], ask["i"]
    spans = [range((start - first) // size, (end - 1 - first) // size + 1) for start, end in found]
    numbers = sorted(n for n in set().union(*spans) if n % mod == i)
    return [(first + n * size, min(size, found[-1][1] - first - n * size)) for n in numbers]
dice = random.Random(ask.get("seed", 0))
act = ask["act"]
answer = {}
with open(path, "rb" if act in ("inspect", "snapshot") else "r+b") as handle:
    answer["sizeBefore"] = os.fstat(handle.fileno()).st_size
    if act == "inspect":
        regions = ask["regions"]
        answer["digests"] = [digest(read(handle, offset, length)) for offset, length in regions]
    else:
        answer["sha256Before"] = whole(handle)
    changes = []
    def write(offset, data):
        before = read(handle, offset, len(data))
        if before == data:
            return
        handle.seek(offset)
        handle.write(data)
        changes.append({"offset": offset, "length": len(data), "before": digest(before), "after": digest(data)})
    if act == "flip":
        found = parts(handle)
        ends = list(itertools.accumulate(end - start for start, end in found))
        bits = ends[-1] * 8 if ends else 0
        wanted = min(CHANGES_MAX, bits, max(1, round(bits * ask["probability"])))
        by_byte = {}
        for bit in dice.sample(range(bits), wanted):
            part = bisect.bisect_right(ends, bit // 8)
            by_byte.setdefault(found[part][1] - ends[part] + bit // 8, []).append(bit % 8)
        for offset in sorted(by_byte):
            value = read(handle, offset, 1)[0]
            for bit in by_byte[offset]:
                value ^= 1 << bit
            write(offset, bytes([value]))
    elif act == "truncate":
        end = data_end(handle)
        cut = max(0, end - ask["dropBytes"])
        lost = read(handle, cut, min(end - cut, 1 << 20))
        if lost:
            handle.truncate(cut)
            changes.append({"offset": cut, "length": len(lost), "before": digest(lost), "after": digest(b"")})
    elif act == "copy":
        all_chunks = chunks(handle)
        chosen = [each for each in all_chunks if dice.random() < ask["probability"]][:CHANGES_MAX]
        sources = {}
        for offset, length in chosen:
            if length not in sources:
                sources[length] = [at for at, size in all_chunks if size >= length]
            others = sources[length]
            if len(others) > 1:
                source = next(at for at in iter(lambda: dice.choice(others), None) if at != offset)
                write(offset, read(handle, source, length))
    elif act == "snapshot":
        kept, total = [], 0
        os.makedirs(ask["store"], exist_ok=True)
        with open(os.path.join(ask["store"], ask["name"]), "wb") as store:
            for offset, length in chunks(handle):
                if dice.random() < ask["probability"] and total + length <= KEPT_MAX:
                    store.write(read(handle, offset, length))
                    kept.append([offset, length])
                    total += length
        answer["kept"] = kept
    elif act == "restore":
        with open(os.path.join(ask["store"], ask["name"]), "rb") as store:
            for offset, length in ask["kept"]:
                write(offset, store.read(length))
    handle.flush()
    if act not in ("inspect", "snapshot"):
        os.fsync(handle.fileno())
        answer["sha256After"] = whole(handle)
    answer["sizeAfter"] = os.fstat(handle.fileno()).st_size
    answer["changes"] = changes
print(json.dumps(answer))
`;

const changeSchema = z.object({ offset: z.number(), length: z.number(), before: z.string(), after: z.string() });
const answerSchema = z.object({
  sizeBefore: z.number(),
  sizeAfter: z.number(),
  sha256Before: z.string().nullish(),
  sha256After: z.string().nullish(),
  changes: z.array(changeSchema),
  digests: z.array(z.string()).default([]),
  kept: z.array(z.tuple([z.number(), z.number()])).default([]),
});

/** One region of a file that was written: digests of up to 16 bytes are the bytes themselves, in hexadecimal. */
export type FileChange = z.infer<typeof changeSchema>;

/** What the tool did to one file, or saw of it. Sizes in bytes. */
export type FileAnswer = z.infer<typeof answerSchema>;

/** Where in a file chunks lie: those whose number is `i` modulo `mod`, each with this probability. */
export interface ChunkChoice {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly chunkBytes: number;
  readonly mod: number;
  readonly i: number;
  readonly probability: number;
  readonly seed: number;
}

/** What the tool can be asked. */
export type FileRequest =
  | { readonly act: "inspect"; readonly path: string; readonly regions: readonly (readonly [number, number])[] }
  | ({ readonly act: "flip"; readonly path: string } & Omit<ChunkChoice, "chunkBytes" | "mod" | "i">)
  | { readonly act: "truncate"; readonly path: string; readonly dropBytes: number }
  | ({ readonly act: "copy"; readonly path: string } & ChunkChoice)
  | ({ readonly act: "snapshot"; readonly path: string; readonly store: string; readonly name: string } & ChunkChoice)
  | {
      readonly act: "restore";
      readonly path: string;
      readonly store: string;
      readonly name: string;
      readonly kept: readonly (readonly [number, number])[];
    };

/** Runs one request on a node. Rejects with JepsenError "remote" when the file cannot be read or written. */
export async function fileTool(session: Session, request: FileRequest): Promise<FileAnswer> {
  const said = await execOk(session, ["python3", "-c", TOOL], {
    stdin: JSON.stringify(request),
    timeoutMs: TIMEOUT_MS,
  });
  const parsed = answerSchema.safeParse(JSON.parse(said));
  if (parsed.success) return parsed.data;
  throw new JepsenError("remote", `The file tool on ${session.node} answered nonsense: ${said.slice(0, 200)}`, {
    node: session.node,
  });
}
