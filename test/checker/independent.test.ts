import { describe, expect, it } from "vitest";
import { type IndependentResult, independent } from "../../src/checker/independent.ts";
import { sleep } from "../../src/clock.ts";
import type { Key } from "../../src/history/op.ts";
import type { Budget, Checker, History } from "../../src/test.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { budget, context, run } from "./run-checker.ts";

/** One write per key and value. */
const writes = (...entries: readonly (readonly [Key, unknown])[]) =>
  historyOf(
    ["nemesis", "invoke", "kill"],
    ...entries.flatMap(([key, value]): Row[] => [
      [0, "invoke", "write", value, { key }],
      [0, "ok", "write", value, { key }],
    ]),
  );

/** Answers the first value of the history that it is given. */
const echo: Checker = {
  check: async (_test, history) => ({ valid: history[0]!.value as boolean, summary: `${history.length} events` }),
};

describe("independent", () => {
  it("gives the checker the client operations of one key, without the key, indices kept", async () => {
    const seen: History[] = [];
    const spy: Checker = {
      check: async (_test, history) => {
        seen.push(history);
        return { valid: true };
      },
    };
    const history = writes(["a", 1], [1, 2], ["1", 3], ["a", 4]);
    const result = await run(independent(spy), history);
    expect(result).toMatchObject({ valid: true, keyCount: 3, validCount: 3 });
    expect(seen.map((part) => part.map(({ index, value }) => [index, value]))).toEqual([
      [
        [3, 2],
        [4, 2],
      ],
      [
        [5, 3],
        [6, 3],
      ],
      [
        [1, 1],
        [2, 1],
        [7, 4],
        [8, 4],
      ],
    ]);
    expect(seen.flat().some((op) => "key" in op)).toBe(false);
  });

  it("takes false over unknown over true and names the keys", async () => {
    const result = await run(independent(echo), writes(["a", true], ["b", false], ["c", "unknown"], ["d", false]));
    expect(result).toMatchObject({ valid: false, keyCount: 4, validCount: 1, failures: ["b", "d"], unknowns: ["c"] });
    expect(result.summary).toMatch(/^2 of 4 keys invalid: "b", "d"\. Key "b": 2 events 1 of 4 keys unknown: "c"\./);
    expect((result as IndependentResult).results.map(({ key }) => key)).toEqual(["b", "d", "c", "a"]);
    expect(await run(independent(echo), writes(["a", true], ["c", "unknown"]))).toMatchObject({ valid: "unknown" });
    expect(await run(independent(echo), writes(["a", true]))).toMatchObject({
      valid: true,
      failures: [],
      unknowns: [],
    });
  });

  it("is unknown with operations that have no key beside those that have one, but not when a key is false", async () => {
    const stray = (valid: boolean) =>
      historyOf(
        [0, "invoke", "write", valid, { key: "a" }],
        [0, "ok", "write", valid, { key: "a" }],
        [1, "invoke", "read"],
        [1, "ok", "read", 7],
      );
    const result = await run(independent(echo), stray(true));
    expect(result).toMatchObject({ valid: "unknown", keyCount: 1, unkeyedCount: 1 });
    expect(result.summary).toBe("1 key, all valid. 1 operation without a key could not be checked by key.");
    expect(await run(independent(echo), stray(false))).toMatchObject({ valid: false, unkeyedCount: 1 });
  });

  it("takes a completion without a key for its invocation's", async () => {
    const history = historyOf([0, "invoke", "write", true, { key: "a" }], [0, "ok", "write", true]);
    const result = await run(independent(echo), history);
    expect(result).toMatchObject({ valid: true, keyCount: 1, unkeyedCount: 0 });
    expect((result as IndependentResult).results[0]?.result.summary).toBe("2 events");
  });

  it("is unknown without a key", async () => {
    expect(await run(independent(echo), writes())).toMatchObject({ valid: "unknown", keyCount: 0 });
  });

  it("survives a checker that throws on one key", async () => {
    const touchy: Checker = {
      check: async (_test, history) => {
        if (history[0]!.value === "bad") throw new Error("ouch");
        return { valid: false };
      },
    };
    expect(await run(independent(touchy), writes(["a", "bad"], ["b", 1]))).toMatchObject({
      valid: false,
      failures: ["b"],
      unknowns: ["a"],
    });
  });

  it("keeps 256 results and all names", async () => {
    const entries = Array.from({ length: 400 }, (_, key) => [key, key !== 399] as const);
    const result = (await run(independent(echo), writes(...entries))) as IndependentResult;
    expect(result.results).toHaveLength(256);
    expect(result.results[0]!.key).toBe(399);
    expect(result).toMatchObject({ keyCount: 400, validCount: 399 });
  });

  it("gives a hard key the time that the easy ones left, and does not ask again what needs no time", async () => {
    const asked: [unknown, number][] = [];
    const hard: Checker = {
      check: async (_test, history, { timeMs, signal }: Budget) => {
        const value = history[0]!.value;
        asked.push([value, timeMs]);
        if (value === "easy") return { valid: "unknown", summary: "cannot be known" };
        if (timeMs > 1300) return { valid: false };
        await sleep(60_000, signal).catch(() => undefined);
        return { valid: "unknown", summary: "out of time" };
      },
    };
    const history = writes(["a", "easy"], ["b", "easy"], ["c", "hard"], ["d", "easy"], ["e", "hard"]);
    const result = await independent(hard).check(context, history, { ...budget, timeMs: 5000 });
    expect(result).toMatchObject({ valid: false, unknowns: ["a", "b", "d"] });
    expect(result.failures).toContain("c");
    expect(asked.filter(([value]) => value === "easy")).toHaveLength(3);
    expect(asked.filter(([value]) => value === "hard").length).toBeGreaterThanOrEqual(3);
  });

  it("stops when it is called off", async () => {
    const controller = new AbortController();
    const never: Checker = { check: () => new Promise(() => {}) };
    const checking = independent(never).check(context, writes(["a", 1], ["b", 2]), {
      timeMs: 3_600_000,
      memoryBytes: 1,
      signal: controller.signal,
    });
    controller.abort();
    expect(await checking).toMatchObject({ valid: "unknown", unknowns: ["a", "b"] });
  });
});
