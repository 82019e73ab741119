import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longForkChecker } from "../../src/checker/long-fork.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { run } from "./run-checker.ts";

const read = (...values: readonly (readonly [key: number, value: number | null])[]): Row[] => [
  [0, "invoke", "read", values.map(([key]) => ["r", key, null])],
  [0, "ok", "read", values.map(([key, value]) => ["r", key, value])],
];
const write = (key: number): Row[] => [
  [1, "invoke", "write", [["w", key, 1]]],
  [1, "ok", "write", [["w", key, 1]]],
];
const check = (...rows: Row[][]) => run(longForkChecker(), historyOf(...rows.flat()));

describe("the long-fork checker", () => {
  it("is valid when reads fit into one order", async () => {
    const result = await check(
      write(1),
      write(0),
      read([0, null], [1, null]),
      read([1, 1], [0, 1]),
      read([0, null], [1, 1]),
    );
    expect(result).toMatchObject({ valid: true, readsCount: 3, earlyReadCount: 1, lateReadCount: 1, forks: [] });
  });

  it("finds two reads that see two writes in different orders", async () => {
    const result = await check(write(0), write(1), read([0, 1], [1, null]), read([1, 1], [0, null]));
    expect(result).toMatchObject({ valid: false, forks: [{ reads: [5, 7], onlyFirst: "0", onlySecond: "1" }] });
    expect(result.summary).toMatch(/operations 5 and 7 see two writes in different orders/);
  });

  it("compares only reads of the same keys", async () => {
    expect((await check(read([0, 1], [1, null]), read([2, 1], [3, null]))).valid).toBe(true);
  });

  it("does not know without reads", async () => {
    expect((await check(write(0))).valid).toBe("unknown");
  });

  it.each<[string, Row[][], RegExp]>([
    ["a key written twice", [write(0), write(0)], /written a second time/],
    ["a key with two values", [read([0, 1]), read([0, 2])], /another value of key 0/],
    [
      "a transaction that mixes",
      [
        [
          [
            0,
            "invoke",
            "txn",
            [
              ["r", 0, null],
              ["w", 1, 1],
            ],
          ],
        ],
      ],
      /neither one write nor a read/,
    ],
    ["something else", [[[0, "invoke", "read", 5]]], /no transaction/],
  ])("refuses %s", async (_name, rows, reason) => {
    await expect(check(...rows)).rejects.toThrow(reason);
  });

  it("agrees with comparing every pair", async () => {
    const sets = fc.array(fc.subarray([0, 1, 2, 3]), { minLength: 1, maxLength: 6 });
    let forks = 0;
    await fc.assert(
      fc.asyncProperty(sets, async (all) => {
        const result = await check(
          ...all.map((seen) => read(...[0, 1, 2, 3].map((key) => [key, seen.includes(key) ? 1 : null] as const))),
        );
        const comparable = (a: number[], b: number[]) =>
          a.every((key) => b.includes(key)) || b.every((key) => a.includes(key));
        const expected = all.every((a) => all.every((b) => comparable(a, b)));
        if (!expected) forks++;
        expect(result.valid).toBe(expected);
      }),
      { numRuns: 500 },
    );
    expect(forks).toBeGreaterThan(50);
    expect(forks).toBeLessThan(450);
  });
});
