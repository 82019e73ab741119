import * as fc from "fast-check";
import { expect, test } from "vitest";
import { clients, info, limit, processLimit, repeat, simulate } from "../../src/generator/index.ts";
import { invocations } from "./rows.ts";

test("processLimit never lets more processes take part, and uses as many as it may", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(30), fc.integer(), (concurrency, max, seed) => {
      const generator = clients(processLimit(max, limit(500, repeat({ f: "a" }))));
      const { history } = simulate(generator, { concurrency, seed, client: info });
      const processes = new Set(history.map(({ process }) => process));
      expect(processes.size).toBeLessThanOrEqual(max);
      expect(processes.size).toBe(max < concurrency ? 0 : history.length / 2);
      if (max >= concurrency) expect(history.length / 2).toBeGreaterThan(max - concurrency);
    }),
  );
});

test("of two threads that always crash, five processes give five operations", () => {
  const numbers = Array.from({ length: 9 }, (_, value) => ({ f: "a", value }));
  const ops = invocations(clients(processLimit(5, numbers)), { client: info });
  expect(ops.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4]);
  expect(ops.map(({ process }) => process as number).toSorted()).toEqual([0, 1, 2, 3, 4]);
});

test("without crashes it never ends by itself", () => {
  expect(simulate(clients(processLimit(2, limit(99, repeat({ f: "a" }))))).operations).toBe(99);
});
