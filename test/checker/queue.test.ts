import { describe, expect, it } from "vitest";
import { queueChecker } from "../../src/checker/queue.ts";
import { totalQueueChecker } from "../../src/checker/total-queue.ts";
import type { OpError } from "../../src/history/op.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { run } from "./run-checker.ts";

type End = "ok" | "fail" | "info";
const enqueue = (element: unknown, type: End = "ok"): Row[] => [
  [0, "invoke", "enqueue", element],
  [0, type, "enqueue", element],
];
const dequeue = (element: unknown, type: End = "ok", error?: OpError): Row[] => [
  [1, "invoke", "dequeue"],
  [1, type, "dequeue", element, error === undefined ? {} : { error }],
];
const drain = (elements: unknown, type: End = "ok"): Row[] => [
  [2, "invoke", "drain"],
  [2, type, "drain", elements],
];
const empty = dequeue(undefined, "fail", { code: "empty" });

it.each([
  ["queue", queueChecker()],
  ["total-queue", totalQueueChecker()],
])("the %s checker takes no null, which is the answer of an empty queue", async (_name, checker) => {
  const rows = [...enqueue(null), ...dequeue(null)];
  await expect(run(checker, historyOf(...rows))).rejects.toThrow("this history has enqueue null.");
});

describe("the queue checker", () => {
  const check = (...rows: Row[][]) => run(queueChecker(), historyOf(...rows.flat()));

  it("is valid when what comes out went in, in any order, acknowledged or not", async () => {
    const result = await check(
      enqueue(1),
      enqueue(2, "info"),
      enqueue(3),
      dequeue(2),
      dequeue(1),
      empty,
      dequeue(null),
    );
    expect(result).toMatchObject({ valid: true, dequeueCount: 2, errors: [], remainingCount: 1 });
  });

  it("counts an enqueue from its invocation", async () => {
    const rows: Row[] = [
      [0, "invoke", "enqueue", 1],
      [1, "invoke", "dequeue"],
      [1, "ok", "dequeue", 1],
      [0, "ok", "enqueue", 1],
    ];
    expect((await check(rows)).valid).toBe(true);
  });

  it.each<[string, Row[][]]>([
    ["nobody enqueued it", [dequeue(9)]],
    ["its enqueue failed", [enqueue(9, "fail"), dequeue(9)]],
    ["it was enqueued only later", [dequeue(9), enqueue(9)]],
    ["it came out before", [enqueue(9), dequeue(9), dequeue(9)]],
  ])("is false when %s", async (_name, rows) => {
    const result = await check(enqueue(1), dequeue(1), ...rows);
    expect(result).toMatchObject({ valid: false, errorCount: 1, errors: [{ value: 9 }] });
    expect(result.summary).toMatch(/dequeued 9, which could not be in the queue/);
  });

  it("does not know when nothing came out", async () => {
    expect((await check(enqueue(1), empty)).valid).toBe("unknown");
  });
});

describe("the total-queue checker", () => {
  const check = (...rows: Row[][]) => run(totalQueueChecker(), historyOf(...rows.flat()));

  it("is valid when everything came out, and says what was recovered", async () => {
    const result = await check(enqueue(1, "info"), enqueue(2), enqueue(3), dequeue(2), drain([1, 3]));
    expect(result).toMatchObject({
      valid: true,
      attemptCount: 3,
      acknowledgedCount: 2,
      okCount: 3,
      recovered: "1",
      recoveredCount: 1,
    });
  });

  it("is valid without a drain when nothing can be left", async () => {
    expect((await check(enqueue(1), dequeue(1))).valid).toBe(true);
  });

  it("allows duplicates, and counts them", async () => {
    expect(await check(enqueue(1), dequeue(1), dequeue(1), drain([]))).toMatchObject({
      valid: true,
      duplicatedCount: 1,
      duplicated: "1",
    });
  });

  it.each<[string, Row[]]>([
    ["a drain", drain([])],
    ["a dequeue that fails with the code empty", empty],
    ["a dequeue of nothing", dequeue(null)],
  ])("is false when an acknowledged element is gone after %s", async (_name, end) => {
    const result = await check(enqueue(1), enqueue(2), dequeue(1), end);
    expect(result).toMatchObject({ valid: false, lostCount: 1, lost: "2" });
  });

  it("is false for an element that nobody enqueued", async () => {
    expect(await check(enqueue(1), dequeue("what"), drain([1]))).toMatchObject({ valid: false, unexpected: '"what"' });
  });

  it("takes a failed enqueue for one that did not happen", async () => {
    expect(await check(enqueue(1, "fail"), enqueue(2), drain([2]))).toMatchObject({ valid: true });
    expect(await check(enqueue(1, "fail"), drain([1]))).toMatchObject({ valid: false, unexpected: "1" });
  });

  it.each<[string, Row[][]]>([
    ["was not seen to be empty", []],
    ["only failed for another reason", [dequeue(null, "fail", { code: "refused" })]],
    ["was seen to be empty only before", [drain([])]],
  ])("does not know of elements left in a queue that %s", async (_name, rows) => {
    const first = _name.includes("before") ? rows : [];
    const last = _name.includes("before") ? [] : rows;
    expect(await check(...first, enqueue(1), ...last)).toMatchObject({
      valid: "unknown",
      remainingCount: 1,
      lostCount: 0,
    });
  });

  it("does not know what a dequeue of unknown outcome took, but not more than one element", async () => {
    expect((await check(enqueue(1), dequeue(null, "info"), drain([]))).valid).toBe("unknown");
    expect((await check(enqueue(1), enqueue(2), dequeue(null, "info"), drain([]))).valid).toBe(false);
    expect((await check(enqueue(1), enqueue(2), drain(null, "info"), drain([]))).valid).toBe("unknown");
  });

  it("does not know about nothing", async () => {
    expect((await check([])).valid).toBe("unknown");
  });
});
