import { describe, expect, it } from "vitest";
import { type BankOptions, bankChecker } from "../../src/checker/bank.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { run } from "./run-checker.ts";

const check = (options: BankOptions, ...reads: readonly unknown[]) =>
  run(
    bankChecker(options),
    historyOf(
      ...reads.flatMap((balances): Row[] => [
        [0, "invoke", "read"],
        [0, "ok", "read", balances],
      ]),
    ),
  );

const bank = { accounts: ["a", "b", 3], total: 10 };

describe("the bank checker", () => {
  it("is valid when all balances always add up", async () => {
    expect(await check(bank, { a: 10, b: 0, 3: 0 }, { a: 4, b: 5, 3: 1 })).toMatchObject({
      valid: true,
      readCount: 2,
      errors: {},
    });
  });

  it("takes accounts and total from the first read when they are not given", async () => {
    expect((await check({}, { x: 1, y: 2 }, { x: 3, y: 0 })).valid).toBe(true);
    expect((await check({}, { x: 1, y: 2 }, { x: 3, y: 1 })).valid).toBe(false);
    expect((await check({}, { x: 1, y: 2 }, { x: 3 })).valid).toBe(false);
  });

  it.each([
    ["unexpected-key", { a: 10, b: 0, 3: 0, d: 0 }],
    ["missing-key", { a: 10, b: 0 }],
    ["no-balance", { a: 10, b: null, 3: 0 }],
    ["wrong-total", { a: 10, b: 1, 3: 0 }],
    ["negative-value", { a: 11, b: -1, 3: 0 }],
  ])("finds %s", async (type, balances) => {
    const result = await check(bank, { a: 10, b: 0, 3: 0 }, balances);
    expect(result).toMatchObject({
      valid: false,
      errorCount: 1,
      firstError: { type, index: 3 },
      errors: { [type]: { count: 1 } },
    });
  });

  it("allows negative balances where it should", async () => {
    expect((await check({ ...bank, negativeBalances: true }, { a: 11, b: -1, 3: 0 })).valid).toBe(true);
  });

  it("tells the first, the last and the worst of a kind", async () => {
    const result = await check(bank, { a: 9, b: 0, 3: 0 }, { a: 50, b: 0, 3: 0 }, { a: 11, b: 0, 3: 0 });
    expect(result.errors).toMatchObject({
      "wrong-total": {
        count: 3,
        first: { index: 1, total: 9 },
        worst: { index: 3, total: 50 },
        last: { index: 5, total: 11 },
      },
    });
    expect(result.summary).toContain("The read of operation 1 is wrong: the balances add up to 9 instead of 10.");
  });

  it("does not know without a read, and refuses what is none", async () => {
    expect((await check(bank)).valid).toBe("unknown");
    await expect(check(bank, [1, 2])).rejects.toThrow(/no object of balances/);
  });
});
