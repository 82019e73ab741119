import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CounterResult, counterChecker } from "../../src/checker/counter.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { run } from "./run-checker.ts";

const check = async (...rows: readonly Row[]) => (await run(counterChecker(), historyOf(...rows))) as CounterResult;
const add = (amount: unknown, type: "ok" | "fail" | "info" = "ok"): Row[] => [
  [0, "invoke", "add", amount],
  [0, type, "add", amount],
];
const read = (value: unknown): Row[] => [
  [1, "invoke", "read"],
  [1, "ok", "read", value],
];

describe("the counter checker", () => {
  it("knows nothing of a history in which nobody counted", async () => {
    expect(await check()).toMatchObject({ valid: "unknown" });
    expect(await check(...add(1))).toMatchObject({ valid: true });
  });

  it("accepts exactly the sum when all is acknowledged", async () => {
    expect(await check(...read(0), ...add(3), ...add(-5), ...read(-2))).toMatchObject({
      valid: true,
      readCount: 2,
      addCount: 2,
    });
    const result = await check(...add(3), ...add(-5), ...read(-1));
    expect(result).toMatchObject({
      valid: false,
      errorCount: 1,
      errors: [{ index: 5, lower: -2, value: -1, upper: -2 }],
    });
    expect(result.summary).toBe("The read of operation 5 saw -1, which is not between -2 and -2.");
  });

  it("ignores failed adds", async () => {
    expect((await check(...add(3, "fail"), ...read(0))).valid).toBe(true);
    expect((await check(...add(3, "fail"), ...read(3))).valid).toBe(false);
  });

  it.each([3, -3])("lets an add of %d with an unknown outcome count or not, for ever", async (amount) => {
    for (const value of [0, amount]) expect((await check(...add(amount, "info"), ...read(value))).valid).toBe(true);
    for (const value of [-amount, 2 * amount])
      expect((await check(...add(amount, "info"), ...read(value))).valid).toBe(false);
    for (const value of [0, amount])
      expect((await check([0, "invoke", "add", amount], ...read(value))).valid).toBe(true);
  });

  it.each([2, -2])("lets a read see an add of %d that runs at the same time, or not", async (amount) => {
    const during = (value: number): Row[] => [
      [1, "invoke", "read"],
      [0, "invoke", "add", amount],
      [0, "ok", "add", amount],
      [1, "ok", "read", value],
    ];
    for (const value of [0, amount]) expect((await check(...during(value))).valid).toBe(true);
    for (const value of [3 * amount, -amount]) expect((await check(...during(value))).valid).toBe(false);
  });

  it("sees a dip that began and ended during a read", async () => {
    const rows: Row[] = [[1, "invoke", "read"], ...add(-4), ...add(4), [1, "ok", "read", -4]];
    expect((await check(...rows)).valid).toBe(true);
  });

  it("is exact beyond 2^53", async () => {
    const big = 2n ** 60n;
    expect((await check(...add(big), ...read(big))).valid).toBe(true);
    expect(await check(...add(big), ...read(big + 1n))).toMatchObject({
      valid: false,
      errors: [{ lower: `${big}`, value: `${big + 1n}` }],
    });
  });

  it("does not know when no read succeeded, and has nothing against a history without any", async () => {
    expect((await check(...add(1), [1, "invoke", "read"], [1, "info", "read"])).valid).toBe("unknown");
    expect((await check(...add(1))).valid).toBe(true);
  });

  it("refuses what is no whole number", async () => {
    await expect(check(...add(1.5))).rejects.toThrow(/Operation 0 \(add\) carries 1.5/);
    await expect(check(...read(null))).rejects.toThrow(/carries null/);
  });

  it("accepts every history of a real counter, and no read beyond all bounds", async () => {
    const step = fc.record({
      process: fc.nat(4),
      amount: fc.integer({ min: -5, max: 5 }),
      isRead: fc.boolean(),
      move: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), async (steps, pick) => {
        const rows = realCounter(steps);
        expect((await check(...rows)).valid).not.toBe(false);
        const reads = rows.flatMap((row, i) => (row[1] === "ok" && row[2] === "read" ? [i] : []));
        if (reads.length === 0) return;
        const bad = reads[pick % reads.length]!;
        const wrong = rows.map((row, i): Row => (i === bad ? [row[0], "ok", "read", 1000] : row));
        expect(await check(...wrong)).toMatchObject({ valid: false, errorCount: 1, errors: [{ index: bad }] });
      }),
    );
  });
});

/** Events of processes that each begin an operation, let it take effect, and end it, in any interleaving. */
function realCounter(steps: readonly { process: number; amount: number; isRead: boolean; move: number }[]): Row[] {
  let counter = 0;
  const rows: Row[] = [];
  const open = new Map<number, { f: string; value: unknown; effected: boolean; crashes: boolean }>();
  let fresh = 5;
  const processOf = new Map<number, number>();
  for (const { process: thread, amount, isRead, move } of steps) {
    const process = processOf.get(thread) ?? thread;
    const op = open.get(thread);
    if (op === undefined) {
      const f = isRead ? "read" : "add";
      open.set(thread, { f, value: isRead ? null : amount, effected: false, crashes: move === 3 });
      rows.push([process, "invoke", f, isRead ? null : amount]);
    } else if (!op.effected && !(op.crashes && move === 0)) {
      if (op.f === "add") counter += op.value as number;
      else op.value = counter;
      op.effected = true;
    } else {
      open.delete(thread);
      rows.push([process, op.crashes ? "info" : "ok", op.f, op.value]);
      if (op.crashes) processOf.set(thread, fresh++);
    }
  }
  return rows;
}
