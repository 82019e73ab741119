import { describe, expect, it } from "vitest";
import { hasEnded, parseProcessTable, readProcessTable } from "../../../nemesis/process/process-table.ts";
import { LocalSession } from "../local-test.ts";

const STAT =
  "==> /proc/7/stat <==\n7 (a (b) c) T 1 7 7 0 -1 0 0 0 0 0 11 22 0 0 20 0 1 0 5000 1 1\n\n==> /proc/8/stat <==\n8 (kworker) S 2 0 0 0 -1 0 0 0 0 0 0 1 0 0 20 0 1 0 9 0 0\n";
const COMMANDS = "\n==> /proc/7/cmdline <==\na\0--x\0y z\0\n==> /proc/8/cmdline <==\n";

describe("the process table", () => {
  it("reads names with parentheses and spaces, processor time, start and command", () => {
    const table = parseProcessTable(STAT + COMMANDS);
    expect(table.get(7)).toEqual({ pid: 7, state: "T", startTicks: 5000, cpuTicks: 33, command: "a --x y z" });
    expect(table.get(8)).toEqual({ pid: 8, state: "S", startTicks: 9, cpuTicks: 1, command: "[kworker]" });
    expect(parseProcessTable("").size).toBe(0);
  });

  it("tells another process with the same pid apart", () => {
    const table = parseProcessTable(STAT);
    const entry = table.get(7)!;
    expect(hasEnded(table, entry)).toBe(false);
    expect(hasEnded(table, { ...entry, startTicks: 4999 })).toBe(true);
    expect(hasEnded(new Map(), entry)).toBe(true);
    expect(hasEnded(new Map([[7, { ...entry, state: "Z" }]]), entry)).toBe(true);
  });

  it("finds this very process", async () => {
    const table = await readProcessTable(new LocalSession("here"));
    expect(table.get(process.pid)?.command).toContain("node");
  });
});
