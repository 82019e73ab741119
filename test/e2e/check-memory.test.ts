import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { queueHistory } from "../../bench/checker-histories.ts";
import { BIN } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "check-memory-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A queue in which values come again and again, so that only a search can decide it, and there is no end of states. */
const file = join(folder, "queue.jsonl");
const history = queueHistory({ operations: 1000, processes: 14, crashes: 60, seed: 4 }).map((op) => ({
  ...op,
  value: typeof op.value === "number" ? op.value % 5 : op.value,
}));
writeFileSync(file, history.map((op) => `${JSON.stringify(op)}\n`).join(""));

/** Runs `check` in a shell that has set a limit first. */
function check(
  limit: string,
  memoryMib: number,
  env: NodeJS.ProcessEnv = {},
): { code: number | null; result: unknown; err: string } {
  const argv = [
    process.execPath,
    BIN,
    "check",
    "fifo-queue",
    file,
    "--memory",
    String(memoryMib),
    "--timeout",
    "150",
    "--json",
  ];
  const { status, stdout, stderr } = spawnSync("sh", ["-c", `${limit} exec "$@"`, "sh", ...argv], {
    encoding: "utf8",
    timeout: 170_000,
    env: { ...process.env, ...env },
  });
  return { code: status, result: stdout === "" ? undefined : JSON.parse(stdout).files[0].result, err: stderr };
}

const outOfMemory = { valid: "unknown", undecided: [{ limit: "memory" }] };

describe("check", () => {
  it("stays below a real limit of 512 MB, and says that its memory was used up", () => {
    // KiB of private memory, enforced by the kernel; the program itself takes some 100 MB of it.
    const { code, result, err } = check("ulimit -d 524288;", 256);
    expect({ code, err }).toEqual({ code: 2, err: "" });
    expect(result).toMatchObject(outOfMemory);
    expect((result as { memoryBytes: number }).memoryBytes).toBeGreaterThan(100 * 2 ** 20);
  });

  it("does not use up the JavaScript heap, however much memory it may take", () => {
    const { code, result, err } = check("", 100_000, { NODE_OPTIONS: "--max-old-space-size=200" });
    expect({ code, err }).toEqual({ code: 2, err: "" });
    expect(result).toMatchObject(outOfMemory);
  });
});
