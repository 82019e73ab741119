import { expect, it } from "vitest";
import { limit, simulate } from "../../../src/generator/index.ts";
import { rotatingKeys } from "../../../workloads/fs/rotating-keys.ts";

/** Who appends to each key: keys and the processes. */
function writersOf(oneWriter: boolean): readonly number[] {
  const options = { nodes: 5, concurrency: 10, opsPerKey: 40, change: "append", changesPerRead: 2, oneWriter };
  const { history } = simulate(limit(400, rotatingKeys(options).generator), { concurrency: 10 });
  const writers = new Map<unknown, Set<unknown>>();
  for (const { f, key, process, type } of history)
    if (type === "invoke" && f === "append") writers.set(key, (writers.get(key) ?? new Set()).add(process));
  expect(history.some(({ f }) => f === "read")).toBe(true);
  expect(writers.size).toBeGreaterThan(5);
  return [...writers.values()].map(({ size }) => size);
}

it("with one writer, a single client of each group appends to a key; without, several do", () => {
  expect(new Set(writersOf(true))).toEqual(new Set([1]));
  expect(Math.min(...writersOf(false))).toBeGreaterThan(1);
});
