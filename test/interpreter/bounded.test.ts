import { expect, test } from "vitest";
import { settledWithin } from "../../src/interpreter/bounded.ts";

test("says whether a promise settled in time, either way", async () => {
  expect(await settledWithin(1_000, Promise.resolve(1))).toBe(true);
  expect(await settledWithin(1_000, Promise.reject(new Error("no")))).toBe(true);
  expect(await settledWithin(5, new Promise(() => undefined))).toBe(false);
});
