import { access, mkdir, mkdtemp, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { diskFamily } from "../../../nemesis/disk/disk.ts";
import { DiskNemesis } from "../../../nemesis/disk/disk-nemesis.ts";
import { canWrite, freeSpace } from "../../../nemesis/disk/free-space.ts";
import type { DataFiles, Db, ExecOptions, ExecResult, Session, Test } from "../../../src/test.ts";
import { evidenceOf, invoke, type LocalTest, localTest, without } from "../local-test.ts";

const NODES = ["n1", "n2", "n3"];
const MIB = 1 << 20;
const CAPACITY = 64 * MIB;

let root: string;
let test: Test;
let local: LocalTest;

const data = (node: string) => join(root, node, "data");
const ballast = (node: string) => join(root, node, ".jepsen-ts-ballast");

/**
 * A small disk on top of the real one: df shows what is left of its capacity, and a write that does not fit fails. The
 * ballast itself is a real file.
 */
function smallDisk(session: Session, node: string): Session {
  const used = async () => {
    let bytes = 0;
    for (const name of await readdir(join(root, node)))
      if (name !== "data") bytes += await fileBytes(join(root, node, name));
    return bytes;
  };
  const exec = async (argv: readonly string[], options?: ExecOptions): Promise<ExecResult> => {
    const free = CAPACITY - (await used());
    if (argv[0] === "df")
      return { code: 0, stderr: "", stdout: `head\n/dev/x ext4 ${CAPACITY / 1024} 0 ${free / 1024} 0% /disk\n` };
    if (argv[2]?.includes(".jepsen-ts-probe") && Number(argv[5]) > free) return { code: 0, stderr: "", stdout: "no\n" };
    return session.exec(argv, options);
  };
  return { ...session, node, exec, close: async () => {} };
}

async function fileBytes(path: string): Promise<number> {
  return access(path).then(
    async () => (await import("node:fs/promises")).stat(path).then(({ size }) => size),
    () => 0,
  );
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "disk-fault-"));
  for (const node of NODES) await mkdir(data(node), { recursive: true });
  const db: Db & DataFiles = {
    setup: async () => {},
    teardown: async () => {},
    dataFiles: async (_test, node) => ({ directory: data(node), files: {} }),
  };
  local = localTest(NODES, db);
  const sessions = new Map<string, Session>();
  for (const node of NODES) sessions.set(node, smallDisk(await local.cluster.session(node), node));
  test = { ...local, cluster: { ...local.cluster, session: async (node: string) => sessions.get(node)! } } as Test;
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe("disk", () => {
  it("fills down to the reserve, beside the data, with the undo registered first", async () => {
    const nemesis = new DiskNemesis();
    const full = await invoke(nemesis, test, "fill-disk", { nodes: ["n2"], reserveBytes: 2 * MIB });
    expect(full).toMatchObject({ type: "ok", value: { nodes: ["n2"] }, evidence: { proven: true } });
    expect(await fileBytes(ballast("n2"))).toBe(62 * MIB);
    expect(await readdir(data("n2"))).toEqual([]);
    expect(local.guards.get("n2")?.events).toEqual(["register disk"]);
    expect(await invoke(nemesis, test, "fill-disk", { nodes: ["n2"] })).toMatchObject({ type: "fail" });
    expect(await invoke(nemesis, test, "free-disk")).toMatchObject({ type: "ok", evidence: { proven: true } });
    expect(await fileBytes(ballast("n2"))).toBe(0);
    expect(local.guards.get("n2")?.scripts.size).toBe(0);
    expect(await invoke(nemesis, test, "free-disk")).toMatchObject({ type: "fail" });
    expect(await invoke(nemesis, test, "heal-disk")).toMatchObject({ type: "ok", evidence: { proven: true } });
  });

  it("says indeterminate when somebody made room meanwhile", async () => {
    const nemesis = new DiskNemesis();
    await invoke(nemesis, test, "fill-disk", { nodes: ["n1", "n3"] });
    await rm(ballast("n3"));
    const freed = await invoke(nemesis, test, "free-disk");
    expect(freed).toMatchObject({ type: "info", evidence: { proven: false } });
    expect(evidenceOf(freed).summary).toContain("n3: its disk is not full");
    expect(evidenceOf(freed).summary).not.toContain("n1:");
  });

  it("is freed on the others when a node is gone, which is named", async () => {
    const nemesis = new DiskNemesis();
    await invoke(nemesis, test, "fill-disk", { nodes: ["n1", "n2"] });
    const alone = without("n2", test as LocalTest);
    const freed = await invoke(nemesis, alone, "free-disk");
    expect(freed.type).toBe("info");
    expect(evidenceOf(freed).summary).toMatch(/^n2: Cannot reach n2\.( The disks|$)/);
    expect(await fileBytes(ballast("n1"))).toBe(0);
    const healed = await invoke(nemesis, alone, "heal-disk");
    expect(healed.type).toBe("info");
    expect(evidenceOf(healed).summary).toBe("n2: Cannot reach n2.");
    expect(await fileBytes(ballast("n2"))).toBeGreaterThan(0);
    await nemesis.teardown(test);
    expect(await fileBytes(ballast("n2"))).toBe(0);
  });

  it("is undone by the lease, and says so", async () => {
    const nemesis = new DiskNemesis();
    await invoke(nemesis, test, "fill-disk", { nodes: ["n1"] });
    await local.guards.get("n1")?.expire();
    expect(await fileBytes(ballast("n1"))).toBe(0);
    const freed = await invoke(nemesis, test, "free-disk");
    expect(freed.type).toBe("info");
    expect(evidenceOf(freed).summary).toContain("The lease on n1 had run out");
  });

  it("skips a disk that is full already, and doubts one that stays full", async () => {
    const nemesis = new DiskNemesis();
    await writeFile(join(root, "n1", "other"), Buffer.alloc(60 * MIB));
    const none = await invoke(nemesis, test, "fill-disk", { nodes: ["n1"] });
    expect(none).toMatchObject({ type: "fail", error: { message: "n1: only 4 MiB are free there anyway" } });
    const healed = await invoke(nemesis, test, "heal-disk");
    expect(healed).toMatchObject({ type: "info" });
    expect(evidenceOf(healed).summary).toContain("although nothing fills it");
  });

  it("spares a machine whose disk is its memory", async () => {
    const inMemory = {
      ...test,
      cluster: { ...test.cluster, session: async (node: string) => memoryDisk(node) },
    } as Test;
    const none = await invoke(new DiskNemesis(), inMemory, "fill-disk", { nodes: ["n1"] });
    expect(none.error?.message).toContain("make it smaller with --node-disk");
  });
});

/** 4 GiB of disk in 2 GiB of memory. */
function memoryDisk(node: string): Session {
  const exec = async (argv: readonly string[]): Promise<ExecResult> => {
    if (argv[0] === "df") return { code: 0, stderr: "", stdout: `head\nnone tmpfs 4194304 0 4194304 0% /\n` };
    return { code: 0, stderr: "", stdout: argv[0] === "sed" ? `${2 << 20}\n` : "" };
  };
  return { node, exec } as unknown as Session;
}

describe("free space", () => {
  it("is what the file system says", async () => {
    const session = await local.cluster.session("n1");
    const { availableBytes, mountPoint } = await freeSpace(session, root);
    const { bavail, bsize } = await statfs(root);
    expect(Math.abs(availableBytes - bavail * bsize)).toBeLessThan(256 * MIB);
    expect(root.startsWith(mountPoint)).toBe(true);
    expect(await canWrite(session, root, 100_000)).toBe(true);
    expect(await canWrite(session, join(root, "nowhere"), 1)).toBe(false);
    expect(await readdir(root)).toEqual(NODES);
  });

  it("is needed by the family", () => {
    const context = { nodes: NODES, db: test.db, options: {}, intervalMs: 1 };
    expect(diskFamily.cannot(context)).toBeUndefined();
    expect(diskFamily.cannot({ ...context, db: undefined })).toContain("where its data is");
    expect(diskFamily.cannot({ ...context, options: { diskTargets: ["x"] } })).toContain('"x"');
  });
});
