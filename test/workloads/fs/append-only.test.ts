import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../src/checker/linearizable/check.ts";
import type { History } from "../../../src/history/op.ts";
import { listAppend } from "../../../src/model/list-append.ts";
import { appendOnlyChecker } from "../../../workloads/fs/append-only.ts";
import { run } from "../../checker/run-checker.ts";
import { historyOf, type Row } from "../../history/rows.ts";

const append = (value: number, type: "ok" | "fail" | "info" = "ok"): Row[] => [
  [0, "invoke", "append", value],
  [0, type, "append", value],
];
const read = (...values: unknown[]): Row[] => [
  [1, "invoke", "read", null],
  [1, "ok", "read", values],
];
const check = (...rows: Row[][]) => run(appendOnlyChecker(), historyOf(...rows.flat()));

describe("the append-only checker", () => {
  it("is content with a list that grows", async () => {
    expect(
      await check(append(1), read(1), append(2, "info"), append(3), append(4, "fail"), read(1, 2, 3)),
    ).toMatchObject({
      valid: true,
      length: 3,
      appendCount: 3,
    });
  });

  it("finds lost records", async () => {
    expect(await check(append(1), append(2), read(1, 2), read(1))).toMatchObject({ valid: false, lost: [2] });
  });

  it("finds records that are torn, that nobody appended, and whose append failed", async () => {
    const torn = { torn: "0000" };
    expect(await check(append(1), append(2, "fail"), read(1, torn, 9, 2))).toMatchObject({
      valid: false,
      unexpected: [torn, 9, 2],
    });
  });

  it("finds a record that was read before its append was begun", async () => {
    expect((await check(read(1), append(1))).valid).toBe(false);
  });

  it("finds a record that is there twice", async () => {
    expect(await check(append(1), read(1, 1))).toMatchObject({ valid: false, duplicated: [1] });
  });

  it("finds readers that disagree about the order", async () => {
    const both: Row[] = [
      [2, "invoke", "append", 1],
      [3, "invoke", "append", 2],
      [2, "ok", "append", 1],
      [3, "ok", "append", 2],
    ];
    expect((await check(both, read(1, 2), read(1, 2))).valid).toBe(true);
    expect(await check(both, read(1, 2), read(2, 1))).toMatchObject({ valid: false, forks: [7] });
  });

  it("finds an order against time", async () => {
    expect(await check(append(1), append(2), read(2, 1))).toMatchObject({ valid: false, misplaced: [2] });
  });

  it("finds a stale read", async () => {
    expect(await check(append(1), read(), read(1))).toMatchObject({ valid: false, staleReads: [3] });
  });

  it("lets reads during an append differ only under close-to-open", async () => {
    const flicker = historyOf([0, "invoke", "append", 1], ...read(1), ...read(), [0, "ok", "append", 1], ...read(1));
    expect((await run(appendOnlyChecker("linearizable"), flicker)).valid).toBe(false);
    expect((await run(appendOnlyChecker("close-to-open"), flicker)).valid).toBe(true);
  });

  it("does not know without a read", async () => {
    expect((await check(append(1))).valid).toBe("unknown");
  });

  it("answers as the linearizability of the list-append model does", async () => {
    let invalid = 0;
    let valid = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1_000), { minLength: 4, maxLength: 40 }), async (choices) => {
        const history = simulated(choices);
        fc.pre(history.some((op) => op.f === "read" && op.type === "ok"));
        const expected = checkLinearizable(listAppend(), history, { timeMs: 5_000 }).valid;
        const { valid: answer } = await run(appendOnlyChecker("linearizable"), history);
        if (expected) valid++;
        else invalid++;
        expect(answer).toBe(expected);
      }),
      { numRuns: 1_500, seed: 7 },
    );
    expect(Math.min(valid, invalid)).toBeGreaterThan(100); // both answers were compared
  });
});

/** Three processes on one list; choices decide who acts, and now and then an effect is late, lost, or a read is old. */
function simulated(choices: readonly number[]): History {
  const rows: Row[] = [];
  const lists: number[][] = [[]];
  const busy = new Map<number, { f: "append" | "read"; value: number; applied: boolean; seen?: readonly number[] }>();
  let next = 0;
  let renumbered = 0;
  const now = () => lists.at(-1) as number[];
  for (const choice of choices) {
    const process = choice % 3;
    const luck = Math.floor(choice / 3) % 10;
    const id = process + 3 * renumbered;
    const current = busy.get(id);
    if (!current) {
      const f = luck < 5 ? "append" : "read";
      const value = f === "append" ? next++ : -1;
      busy.set(id, { f, value, applied: false });
      rows.push([id, "invoke", f, f === "append" ? value : null]);
    } else if (!current.applied && luck < 7) {
      if (current.f === "append" && luck > 0) lists.push([...now(), current.value]);
      const old = luck === 1 && lists.length > 1 ? (lists.at(-2) as number[]) : now();
      busy.set(id, { ...current, applied: true, seen: old });
    } else {
      busy.delete(id);
      if (current.f === "read") rows.push([id, "ok", "read", current.seen ?? now()]);
      else if (luck === 9) {
        rows.push([id, "info", "append", current.value]);
        if (busy.size === 0) renumbered++;
      } else rows.push([id, "ok", "append", current.value]);
    }
  }
  return historyOf(...rows);
}
