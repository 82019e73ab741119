import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../src/checker/linearizable/check.ts";
import { register } from "../../../src/model/register.ts";
import { regularRegisterChecker } from "../../../workloads/fs/regular-register.ts";
import { run } from "../../checker/run-checker.ts";
import { historyOf, type Row } from "../../history/rows.ts";

const write = (value: number, type: "ok" | "fail" | "info" = "ok"): Row[] => [
  [0, "invoke", "write", value],
  [0, type, "write", value],
];
const read = (value: unknown): Row[] => [
  [1, "invoke", "read", null],
  [1, "ok", "read", value],
];
const check = (...rows: Row[][]) => run(regularRegisterChecker(), historyOf(...rows.flat()));

describe("the regular-register checker", () => {
  it("is content when reads see the last write", async () => {
    expect((await check(read(null), write(1), read(1), write(2), read(2))).valid).toBe(true);
  });

  it("finds a read of what had been overwritten", async () => {
    const result = await check(write(1), write(2), read(1));
    expect(result).toMatchObject({ valid: false, errors: [{ index: 5, value: 1, reason: "overwritten" }] });
    expect((await check(write(1), read(null))).valid).toBe(false);
  });

  it("finds values that nobody wrote, that failed, and that are written later", async () => {
    for (const rows of [read(9), [...write(9, "fail"), ...read(9)], [...read(9), ...write(9)]]) {
      expect(await check(rows)).toMatchObject({ valid: false, errors: [{ value: 9, reason: "never written" }] });
    }
    expect((await check(read({ torn: "x" }))).valid).toBe(false);
  });

  it("lets reads during a write see either value, in any order", async () => {
    const flicker: Row[] = [...write(1), [2, "invoke", "write", 2], ...read(2), ...read(1), [2, "ok", "write", 2]];
    expect((await check(flicker, read(2))).valid).toBe(true);
    expect((await check(flicker, read(1))).valid).toBe(false);
    expect(checkLinearizable(register(), historyOf(...flicker), { timeMs: 5_000 }).valid).toBe(false);
  });

  it("takes a write of unknown outcome for one that may still be under way", async () => {
    expect((await check(write(1), write(2, "info"), read(1), read(2), write(3), read(2))).valid).toBe(true);
  });

  it("does not know without a read", async () => {
    expect((await check(write(1))).valid).toBe("unknown");
  });

  it("is content with every history that is linearizable", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(8), { maxLength: 30 }), async (choices) => {
        const rows: Row[] = [];
        const open = new Map<number, { value: number | null; isRead: boolean }>();
        let current: number | null = null;
        let next = 0;
        for (const choice of choices) {
          const process = choice % 3;
          const begun = open.get(process);
          if (!begun) {
            const isRead = choice > 5;
            const value: number | null = isRead ? current : next++;
            if (!isRead) current = value; // takes effect at once
            open.set(process, { value, isRead });
            rows.push([process, "invoke", isRead ? "read" : "write", isRead ? null : value]);
          } else {
            open.delete(process);
            rows.push([process, "ok", begun.isRead ? "read" : "write", begun.value]);
          }
        }
        expect((await run(regularRegisterChecker(), historyOf(...rows))).valid).not.toBe(false);
      }),
    );
  });
});
