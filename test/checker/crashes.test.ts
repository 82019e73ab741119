import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crashes, PANIC_PATTERNS } from "../../src/checker/crashes.ts";
import { run } from "./run-checker.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crashes-"));
  for (const node of ["n1", "n2", "n3"]) await put(`${node}/etcd.log`, "ready\n");
  await put("processes.json", "[]");
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function put(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory, name)), { recursive: true });
  await writeFile(join(directory, name), text);
}

const death = { node: "n2", role: "etcd", pid: 17, time: 5, expected: false, detail: "exit code 2" };

describe("crashes", () => {
  it("is valid when all was looked at and nothing died", async () => {
    expect(await run(crashes(), [], { directory })).toMatchObject({ valid: true, missing: [], panicCount: 0 });
  });

  it("is valid when all that ended was killed by us", async () => {
    await put("processes.json", JSON.stringify([{ ...death, expected: true }]));
    expect(await run(crashes(), [], { directory })).toMatchObject({ valid: true, expectedCount: 1, unexpected: [] });
  });

  it("is false when a process ended that nobody killed", async () => {
    await put("processes.json", JSON.stringify([{ ...death, expected: true }, death]));
    const result = await run(crashes(), [], { directory });
    expect(result).toMatchObject({ valid: false, expectedCount: 1, unexpected: [death] });
    expect(result.summary).toContain("etcd on n2 ended although nobody killed it (exit code 2).");
  });

  it("is false when a log tells of a panic, also below a subfolder and in a last line without end", async () => {
    await put("n3/old/etcd.log", "fine\npanic: oh no");
    const result = await run(crashes(), [], { directory });
    expect(result).toMatchObject({
      valid: false,
      panicCount: 1,
      panics: [{ node: "n3", file: "old/etcd.log", lineNumber: 2, line: "panic: oh no" }],
    });
    expect(result.summary).toContain("old/etcd.log of n3, line 2");
  });

  it("takes patterns of one's own", async () => {
    const own = crashes({ patterns: [/rea+dy/g] });
    expect(await run(own, [], { directory })).toMatchObject({ valid: false, panicCount: 3 });
  });

  it("counts more panics than it keeps", async () => {
    await put("n1/etcd.log", "panic: x\n".repeat(250));
    const result = await run(crashes(), [], { directory });
    expect(result.panicCount).toBe(250);
    expect(result.panics).toHaveLength(100);
  });

  it("is unknown when a node's log was never fetched", async () => {
    await rm(join(directory, "n2"), { recursive: true });
    const result = await run(crashes(), [], { directory });
    expect(result).toMatchObject({ valid: "unknown", missing: ["the log of n2 was never fetched"] });
  });

  it.each([
    ["is missing", undefined, /never written/],
    ["is damaged", "[{", /damaged/],
    ["is of another shape", '[{"node":1}]', /damaged/],
  ])("is unknown when processes.json %s", async (_name, text, reason) => {
    if (text === undefined) await rm(join(directory, "processes.json"));
    else await put("processes.json", text);
    const result = await run(crashes(), [], { directory });
    expect(result.valid).toBe("unknown");
    expect(result.summary).toMatch(reason);
  });

  it("is false rather than unknown when something is missing and something died", async () => {
    await rm(join(directory, "n2"), { recursive: true });
    await put("processes.json", JSON.stringify([death]));
    expect((await run(crashes(), [], { directory })).valid).toBe(false);
  });

  it("is unknown without a run directory", async () => {
    expect((await run(crashes(), [])).valid).toBe("unknown");
  });
});

describe("PANIC_PATTERNS", () => {
  const matches = (line: string) => PANIC_PATTERNS.some((pattern) => pattern.test(line));

  it.each([
    "panic: tocommit(11) is out of range [lastIndex(8)]. Was the raft log corrupted?",
    "fatal error: concurrent map writes",
    "[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x7f]",
    "*** Caught signal (Aborted) **",
    "2026-11-21 osd.cc: 123: FAILED ceph_assert(r == 0)",
    "terminate called after throwing an instance of 'std::bad_alloc'",
    "thread 'main' panicked at src/main.rs:1:1:",
    "signal received: 11",
  ])("know %s", (line) => expect(matches(line)).toBe(true));

  it.each([
    '{"level":"info","msg":"received signal; shutting down","signal":"terminated"}',
    "signal received: 15",
    "kernel panic: is a words of a client's value in quotes 'panic: x'",
    "I, a client, wrote panic: to a key",
  ])("leave %s alone", (line) => expect(matches(line)).toBe(false));
});
