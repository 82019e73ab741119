import { expect, test } from "vitest";
import { delay, limit, repeat } from "../../src/generator/index.ts";
import { timesOf } from "./rows.ts";

test("delay puts operations exactly so far apart, and catches up after it was held up", () => {
  expect(timesOf(delay(3e-9, limit(6, repeat({ f: "a" })))).map(([time]) => time)).toEqual([
    0,
    3,
    6,
    10, // due at 9, but all three threads were busy
    13, // due at 12, and again
    16, // due at 15, and again: every thread is busy for 10 out of 9
  ]);
  const slow = {
    client: ({ index }: { readonly index: number }) => ({ type: "ok", latencyNs: index === 0 ? 100 : 1 }) as const,
  };
  expect(
    timesOf(delay(30e-9, limit(6, repeat({ f: "a" }))), { ...slow, concurrency: 1, lanes: [] }).map(([time]) => time),
  ).toEqual([
    0,
    100,
    101,
    102, // due at 30, 60 and 90
    120,
    150,
  ]);
});
