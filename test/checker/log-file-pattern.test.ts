import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { logFilePattern } from "../../src/checker/log-file-pattern.ts";
import { run } from "./run-checker.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "log-file-pattern-"));
  for (const node of ["n1", "n2", "n3"]) {
    await mkdir(join(directory, node));
    await writeFile(join(directory, node, "db.log"), "fine\nfine\n");
    await writeFile(join(directory, node, "other.log"), "data loss\n");
  }
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe("logFilePattern", () => {
  const checker = logFilePattern(/data lo(ss|st)/, "db.log");

  it("is valid when no line of that file matches", async () => {
    expect(await run(checker, [], { directory })).toMatchObject({ valid: true, count: 0, matches: [] });
  });

  it("is false when one does, and says where", async () => {
    await writeFile(join(directory, "n2", "db.log"), `fine\nsome data lost ${"x".repeat(1000)}\n`);
    const result = await run(checker, [], { directory });
    expect(result).toMatchObject({ valid: false, count: 1, matches: [{ node: "n2", file: "db.log", lineNumber: 2 }] });
    expect((result.matches as { line: string }[])[0]!.line).toHaveLength(500);
  });

  it("does not take a log that was never fetched for a clean one", async () => {
    await rm(join(directory, "n3", "db.log"));
    expect(await run(checker, [], { directory })).toMatchObject({
      valid: "unknown",
      missing: ["db.log of n3 was never fetched"],
    });
    await writeFile(join(directory, "n1", "db.log"), "data loss\n");
    expect((await run(checker, [], { directory })).valid).toBe(false);
    expect((await run(checker, [])).valid).toBe("unknown");
  });
});
