import { createHash } from "node:crypto";
import { mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filesFamily } from "../../../nemesis/files/files.ts";
import { FilesNemesis } from "../../../nemesis/files/files-nemesis.ts";
import { randomStream } from "../../../src/random.ts";
import type { DataFiles, Db, ExecOptions, Options, Session, Test } from "../../../src/test.ts";
import { evidenceOf, invoke, LocalSession, type LocalTest, localTest } from "../local-test.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];
const DATA_BYTES = 100_000;
const TAIL_BYTES = 50_000;

let directory: string;
let test: LocalTest;
let nemesis: FilesNemesis;

const path = (node: string, name = "wal") => join(directory, `${node}-${name}`);

/** A log with an empty tail, as databases preallocate them. */
function contents(node: string): Buffer {
  return CONTENTS.get(node)!;
}

const CONTENTS = new Map(
  NODES.map((node) => {
    const random = randomStream(1, node);
    const data = Buffer.from(Array.from({ length: DATA_BYTES }, () => 1 + random.int(255)));
    return [node, Buffer.concat([data, Buffer.alloc(TAIL_BYTES)])];
  }),
);

async function isUnchanged(node: string): Promise<boolean> {
  return (await readFile(path(node))).equals(contents(node));
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** Offsets at which two versions differ, and how many bits do. */
function differences(before: Buffer, after: Buffer) {
  const offsets: number[] = [];
  let bits = 0;
  for (let at = 0; at < Math.min(before.length, after.length); at++) {
    let changed = before[at]! ^ after[at]!;
    if (changed !== 0) offsets.push(at);
    for (; changed !== 0; changed &= changed - 1) bits++;
  }
  return { offsets, bits };
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "files-fault-"));
  for (const node of NODES) await writeFile(path(node), contents(node));
  const db: Db & DataFiles = {
    setup: async () => {},
    teardown: async () => {},
    dataFiles: async (_test, node) => ({ directory, files: { wal: [path(node)], snapshot: [] } }),
  };
  test = localTest(NODES, db);
  nemesis = new FilesNemesis(join(directory, "kept"));
  await nemesis.setup(test);
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe("files", () => {
  it("flips as many bits as asked for, between the bounds, and nowhere else", async () => {
    const value = { nodes: ["n2"], file: "wal", start: 1000, end: 11_000, probability: 0.001, seed: 5 };
    const done = await invoke(nemesis, test, "flip-bits", value);
    expect(done).toMatchObject({ type: "ok", value: { files: { n2: path("n2") } }, evidence: { proven: true } });
    const after = await readFile(path("n2"));
    const { offsets, bits } = differences(contents("n2"), after);
    expect(bits).toBe(80);
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(1000);
    expect(Math.max(...offsets)).toBeLessThan(11_000);
    expect(evidenceOf(done).details).toMatchObject({
      n2: { sha256Before: sha256(contents("n2")), sha256After: sha256(after), changeCount: offsets.length },
    });
    expect(test.guards.get("n2")?.notes).toEqual([`${path("n2")} is damaged by the fault files (flip-bits).`]);
    expect(await isUnchanged("n1")).toBe(true);
  });

  it("leaves the empty tail of a preallocated file alone", async () => {
    await invoke(nemesis, test, "flip-bits", { nodes: ["n1"], probability: 0.0005 });
    const { offsets } = differences(contents("n1"), await readFile(path("n1")));
    expect(offsets.length).toBeGreaterThan(300);
    expect(Math.max(...offsets)).toBeLessThan(DATA_BYTES);
  });

  it("leaves the holes of a sparse file alone", async () => {
    const islands = [1 << 20, 700 << 20];
    const file = await open(path("n1"), "w");
    await file.truncate(2 ** 31);
    for (const at of islands) await file.write(contents("n1"), 0, DATA_BYTES, at);
    await file.close();
    const inside = (at: number) => islands.some((start) => at >= start - 4096 && at < start + DATA_BYTES);
    const flipped = await invoke(nemesis, test, "flip-bits", { nodes: ["n1"], probability: 0.0005 });
    const value = { nodes: ["n1"], chunkBytes: 4096, probability: 1 };
    const copied = await invoke(nemesis, test, "copy-chunks", value);
    const kept = await invoke(nemesis, test, "snapshot-chunks", value);
    for (const done of [flipped, copied]) {
      expect(done).toMatchObject({ type: "ok", evidence: { proven: true } });
      const { changes } = (evidenceOf(done).details as { n1: { changes: { offset: number }[] } }).n1;
      expect(changes.length).toBeGreaterThan(15);
      for (const { offset } of changes) expect(inside(offset), String(offset)).toBe(true);
    }
    expect(evidenceOf(kept).details).toMatchObject({ n1: { keptChunks: 2 * Math.ceil(DATA_BYTES / 4096) } });
    expect(await invoke(nemesis, test, "truncate-file", { nodes: ["n1"], dropBytes: 50 })).toMatchObject({
      type: "ok",
    });
    expect((await stat(path("n1"))).size).toBe((700 << 20) + DATA_BYTES - 50);
  });

  it("makes the same choices for the same seed", async () => {
    const value = { nodes: ["n1"], probability: 0.0001, seed: 9 };
    await invoke(nemesis, test, "flip-bits", value);
    await invoke(nemesis, test, "flip-bits", value); // the same bits once more
    expect(await isUnchanged("n1")).toBe(true);
  });

  it("cuts off the end of the data", async () => {
    const done = await invoke(nemesis, test, "truncate-file", { nodes: ["n3"], dropBytes: 777 });
    expect(done).toMatchObject({ type: "ok", evidence: { proven: true } });
    expect((await stat(path("n3"))).size).toBe(DATA_BYTES - 777);
  });

  it("copies chunks over others: the chosen ones only", async () => {
    const value = { nodes: ["n4"], chunkBytes: 1000, mod: 4, i: 3, probability: 1, seed: 3 };
    expect(await invoke(nemesis, test, "copy-chunks", value)).toMatchObject({ type: "ok" });
    const before = contents("n4");
    const after = await readFile(path("n4"));
    const changed = new Set(differences(before, after).offsets.map((at) => Math.floor(at / 1000)));
    expect([...changed].every((chunk) => chunk % 4 === 3)).toBe(true);
    expect(changed.size).toBeGreaterThan(20);
    const known = new Set(Array.from({ length: 100 }, (_, n) => sha256(before.subarray(n * 1000, n * 1000 + 1000))));
    for (const chunk of changed) expect(known).toContain(sha256(after.subarray(chunk * 1000, chunk * 1000 + 1000)));
  });

  it("brings chunks of the past back", async () => {
    expect(await invoke(nemesis, test, "restore-chunks", { nodes: ["n5"] })).toMatchObject({ type: "fail" });
    const kept = await invoke(nemesis, test, "snapshot-chunks", { nodes: ["n5"], chunkBytes: 4096, probability: 1 });
    expect(kept).toMatchObject({ type: "ok" });
    expect(test.guards.get("n5")?.notes).toEqual([]);
    await writeFile(path("n5"), Buffer.alloc(DATA_BYTES, 7));
    const restored = await invoke(nemesis, test, "restore-chunks", { targets: "one", order: NODES });
    expect(restored).toMatchObject({ type: "ok", value: { files: { n5: path("n5") } } });
    expect((await readFile(path("n5"))).equals(contents("n5").subarray(0, DATA_BYTES))).toBe(true);
  });

  it("never damages more than a minority of the nodes, whatever is asked", async () => {
    const first = await invoke(nemesis, test, "flip-bits", { nodes: ["n1", "n2", "n3"], seed: 1 });
    expect(first.value).toMatchObject({ skipped: { n3: "a minority of the nodes is damaged already" } });
    expect(await invoke(nemesis, test, "flip-bits", { nodes: ["n4"], seed: 2 })).toMatchObject({ type: "fail" });
    const more = await invoke(nemesis, test, "flip-bits", {
      targets: "minority",
      order: ["n5", "n4", "n2", "n1", "n3"],
      seed: 3,
    });
    expect(Object.keys((more.value as { files: object }).files).sort()).toEqual(["n1", "n2"]);
    for (const node of ["n3", "n4", "n5"]) expect(await isUnchanged(node)).toBe(true);
  });

  it("says indeterminate when the damage is not there when it is read again", async () => {
    const session = await test.cluster.session("n1");
    const cluster = { ...test.cluster, session: async () => repairing(session, "n1") };
    const done = await invoke(nemesis, { ...test, cluster } as Test, "flip-bits", { nodes: ["n1"] });
    expect(done).toMatchObject({ type: "info", evidence: { proven: false } });
    expect(evidenceOf(done).summary).toContain("are not there when it is read again");
  });

  it("skips what is not there, and says indeterminate when nothing could be changed", async () => {
    expect(await invoke(nemesis, test, "flip-bits", { nodes: ["n1"], file: "snapshot" })).toMatchObject({
      type: "fail",
    });
    expect(await invoke(nemesis, test, "flip-bits", { nodes: ["n1"], file: "/no/such" })).toMatchObject({
      type: "fail",
    });
    expect(await invoke(nemesis, test, "flip-bits", { nodes: ["n1"], start: -1 })).toMatchObject({ type: "fail" });
    await writeFile(path("n1"), Buffer.alloc(1000));
    expect(await invoke(nemesis, test, "flip-bits", { nodes: ["n1"] })).toMatchObject({ type: "info" });
  });
});

/** A node on which somebody repairs the file between the damage and the second look. */
function repairing(session: Session, node: string): Session {
  const repaired = new LocalSession(node);
  repaired.exec = async (argv: readonly string[], options?: ExecOptions) => {
    if (options?.stdin?.includes('"inspect"')) await writeFile(path(node), contents(node));
    return session.exec(argv, options);
  };
  return repaired;
}

describe("a disk", () => {
  it("does not get shorter", async () => {
    const db = { ...test.db, dataFilesAreDisks: true } as Db;
    const done = await invoke(nemesis, localTest(NODES, db), "truncate-file", { nodes: ["n1"] });
    expect(done).toMatchObject({ type: "fail", error: { message: expect.stringContaining("do not get shorter") } });
    expect(await isUnchanged("n1")).toBe(true);
  });
});

describe("the family", () => {
  it("needs data files and three nodes", () => {
    const bare: Db = { setup: async () => {}, teardown: async () => {} };
    const context = { nodes: NODES, db: test.db, options: {}, intervalMs: 1 };
    expect(filesFamily.cannot(context)).toBeUndefined();
    expect(filesFamily.cannot({ ...context, db: bare })).toContain("data files");
    expect(filesFamily.cannot({ ...context, nodes: ["n1", "n2"] })).toContain("three nodes");
    const truncating = { ...context, options: { fileDamage: ["flip", "truncate"] } };
    expect(filesFamily.cannot(truncating)).toBeUndefined();
    const disks = { ...test.db, dataFilesAreDisks: true } as Db;
    expect(filesFamily.cannot({ ...truncating, db: disks })).toContain("do not get shorter");
    expect(filesFamily.cannot({ ...context, db: disks })).toBeUndefined();
    expect(filesFamily.make(context).bands[0]?.start).not.toContain("snapshot-chunks");
  });

  it("takes only classes that the system has, where it says which", () => {
    const context = (classes: readonly string[] | undefined, options: Options) => {
      const db = { ...test.db, ...(classes ? { dataFileClasses: classes } : {}) } as Db;
      return { nodes: NODES, db, options, intervalMs: 1 };
    };
    const cannot = (classes: readonly string[] | undefined, options: Options) =>
      filesFamily.cannot(context(classes, options));
    const named = ["wal", "snapshot"];
    expect(cannot(named, { fileClass: ["wal"] })).toBeUndefined();
    expect(cannot(named, { fileClass: ["wal", "walx"] })).toBe('--file-class takes wal, snapshot, not "walx".');
    expect(cannot(undefined, { fileClass: ["walx"] })).toBeUndefined();
    expect(cannot([], {})).toContain("names no data files");
    expect(cannot([], { nemesisSchedule: "faults.json" })).toBeUndefined();

    const flip = filesFamily.make(context(named, {})).values?.["flip-bits"];
    for (const file of ["wal", "/var/lib/etcd/member/wal/0.wal", undefined])
      expect(flip?.safeParse({ nodes: ["n1"], file }).success).toBe(true);
    expect(flip?.safeParse({ nodes: ["n1"], file: "walx" }).error?.issues).toMatchObject([
      { path: ["file"], message: "must be an absolute path, or one of wal, snapshot" },
    ]);
  });
});
