import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { delivery, limit, mix, onUpdate, repeat, simulate, untilOk } from "../../src/generator/index.ts";
import { countsOf, fsOf, timesOf } from "./rows.ts";

describe("mix", () => {
  test("chooses each equally often", () => {
    const counts = countsOf(fsOf(limit(3_000, mix([repeat({ f: "a" }), repeat({ f: "b" }), repeat({ f: "c" })]))));
    for (const f of ["a", "b", "c"]) expect(counts.get(f)).toBeGreaterThan(900);
  });

  test("chooses by weight", () => {
    const counts = countsOf(
      fsOf(limit(4_000, mix([[repeat({ f: "a" }), 3], repeat({ f: "b" }), [repeat({ f: "c" }), 0]]))),
    );
    expect(counts.get("a")).toBeGreaterThan(2_850);
    expect(counts.get("a")).toBeLessThan(3_150);
    expect(counts.get("c")).toBeUndefined();
  });

  test("gives everything of all, in an order that is a mixture, and then ends", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8), { maxLength: 6 }), fc.integer(), (sizes, seed) => {
        const generators = sizes.map((size, i) => limit(size, repeat({ f: `f${i}` })));
        const counts = countsOf(fsOf(mix(generators), { seed }));
        expect(sizes.map((_, i) => counts.get(`f${i}`) ?? 0)).toEqual(sizes);
      }),
    );
  });

  test("is not held up by a pending choice", () => {
    const { generator } = delivery();
    expect(fsOf(limit(50, mix([generator, repeat({ f: "a" })])))).toEqual(Array(50).fill("a"));
  });

  test("is pending when all are, until an event changes that", () => {
    const later = delivery();
    const opener = onUpdate(
      (self, _test, _context, event) => {
        if (event.type === "ok") later.deliver({ f: "b" });
        return self;
      },
      [{ f: "a" }, mix([later.generator, delivery().generator])],
    );
    expect(timesOf(limit(2, opener))).toEqual([
      [0, "a"],
      [10, "b"],
    ]);
    expect(() => simulate(mix([delivery().generator]))).toThrow(/makes no progress/);
  });

  test("tells all of all events", () => {
    const fs = fsOf(limit(40, mix([untilOk(repeat({ f: "a" })), repeat({ f: "b" })])), { concurrency: 1, lanes: [] });
    expect(countsOf(fs).get("a")).toBe(1);
  });

  test("refuses weights that are none", () => {
    expect(() => mix([[{ f: "a" }, -1]])).toThrow(/A weight of -1/);
    expect(() => mix([[{ f: "a" }, Number.NaN]])).toThrow(/A weight of NaN/);
  });
});
