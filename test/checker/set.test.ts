import { describe, expect, it } from "vitest";
import { type SetResult, setChecker } from "../../src/checker/set.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { run } from "./run-checker.ts";

const add = (element: unknown, type: "ok" | "fail" | "info"): Row[] => [
  [0, "invoke", "add", element],
  [0, type, "add", element],
];
const read = (elements: unknown): Row[] => [
  [1, "invoke", "read"],
  [1, "ok", "read", elements],
];
const check = (...rows: Row[][]) => run(setChecker(), historyOf(...rows.flat()));

describe("the set checker", () => {
  it("is valid when every acknowledged element is there, and says which were recovered", async () => {
    const result = await check(
      add(0, "ok"),
      add(1, "ok"),
      add(2, "info"),
      add(3, "info"),
      add(4, "fail"),
      read([1, 0, 2]),
    );
    expect(result).toMatchObject({
      valid: true,
      attemptCount: 5,
      acknowledgedCount: 2,
      okCount: 3,
      recoveredCount: 1,
      recovered: "2",
      lostCount: 0,
    });
  });

  it("judges by the last read", async () => {
    expect((await check(add(0, "ok"), read([]), read([0]))).valid).toBe(true);
    expect((await check(add(0, "ok"), read([0]), read([]))).valid).toBe(false);
  });

  it("finds lost elements", async () => {
    const result = await check(...[0, 1, 2, 5].map((element) => add(element, "ok")), read([5]));
    expect(result).toMatchObject({ valid: false, lostCount: 3, lost: "0..2" });
    expect(result.summary).toContain("3 acknowledged elements lost: 0..2.");
    // the adds' events, and the final read's
    expect((result as SetResult).failures.map(({ contradiction }) => contradiction.indexes)).toEqual([
      [0, 1, 8, 9],
      [2, 3, 8, 9],
      [4, 5, 8, 9],
    ]);
  });

  it.each([
    ["nobody added", add(1, "ok")],
    ["only failed adds brought", [...add(7, "fail"), ...add(1, "ok")]],
  ])("finds an element that %s", async (_name, rows) => {
    expect(await check(rows, read([7, 1]))).toMatchObject({ valid: false, unexpected: "7", okCount: 1 });
  });

  it("finds an element that was read before it was added", async () => {
    expect(await check(read([3]), add(3, "info"))).toMatchObject({ valid: false, unexpected: "3" });
  });

  it("finds duplicates", async () => {
    expect(await check(add("a", "ok"), read(["a", "a"]))).toMatchObject({ valid: false, duplicated: '"a"' });
  });

  it("compares elements by their structure", async () => {
    expect((await check(add({ a: 1, b: [2] }, "ok"), read([{ b: [2], a: 1 }]))).valid).toBe(true);
  });

  it("takes a lost element that was added twice for one", async () => {
    expect(await check(add(1, "ok"), add(1, "ok"), read([]))).toMatchObject({ valid: false, lostCount: 1 });
  });

  it("does not know without a read", async () => {
    expect((await check(add(0, "ok"))).valid).toBe("unknown");
    expect(
      (
        await check(add(0, "ok"), [
          [1, "invoke", "read"],
          [1, "info", "read"],
        ])
      ).valid,
    ).toBe("unknown");
  });

  it("does not know when adds were acknowledged after the last read had begun", async () => {
    const result = await check([[1, "invoke", "read"]], add(0, "ok"), [[1, "ok", "read", []]]);
    expect(result).toMatchObject({ valid: "unknown", unreadCount: 1, lostCount: 0 });
  });

  it("refuses a read that is no list", async () => {
    await expect(check(read("0 1"))).rejects.toThrow(/no array/);
  });
});
