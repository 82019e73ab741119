import { describe, expect, test } from "vitest";
import {
  any,
  clients,
  delay,
  delivery,
  lane,
  limit,
  onUpdate,
  repeat,
  shortestAny,
  simulate,
  untilOk,
} from "../../src/generator/index.ts";
import { countsOf, fsOf, timesOf } from "./rows.ts";

describe("any", () => {
  test("gives the soonest operation", () => {
    const merged = any(delay(20e-9, limit(3, repeat({ f: "a" }))), [
      { f: "b", time: 5 },
      { f: "c", time: 25 },
    ]);
    expect(timesOf(merged)).toEqual([
      [0, "a"],
      [5, "b"],
      [20, "a"],
      [25, "c"],
      [40, "a"],
    ]);
  });

  test("is fair among those that are equally soon", () => {
    const counts = countsOf(fsOf(limit(3_000, any(repeat({ f: "a" }), repeat({ f: "b" }), repeat({ f: "c" })))));
    for (const f of ["a", "b", "c"]) expect(counts.get(f)).toBeGreaterThan(900);
  });

  test("is not held up by one that is pending", () => {
    const { generator } = delivery();
    expect(fsOf(limit(3, any(generator, repeat({ f: "a" }))))).toEqual(["a", "a", "a"]);
  });

  test("ends when all have ended", () => {
    expect(fsOf(any(limit(2, repeat({ f: "a" })), limit(3, repeat({ f: "b" })), [])).sort()).toEqual([
      "a",
      "a",
      "b",
      "b",
      "b",
    ]);
    expect(fsOf(any())).toEqual([]);
  });

  test("tells all of all events", () => {
    const fs = fsOf(any(untilOk(repeat({ f: "a" })), untilOk(repeat({ f: "b" }))), { concurrency: 1, lanes: [] });
    expect(fs.toSorted()).toEqual(["a", "b"]);
  });

  test("goes on with what an event delivers", () => {
    const found = delivery();
    const search = onUpdate(
      (self, _test, _context, event) => {
        if (event.type === "ok") found.deliver({ f: "confirm" });
        return self;
      },
      any(found.generator, [{ f: "read" }, { f: "read" }]),
    );
    expect(timesOf(search)).toEqual([
      [0, "read"],
      [0, "read"],
      [10, "confirm"],
    ]);
  });

  test("client operations are the same whether or not there are faults beside them", () => {
    const work = clients(limit(200, (_test, { random }) => ({ f: "write", value: random.int(1_000_000) })));
    const faults = lane("faults", delay(35e-9, limit(20, repeat({ f: "kill" }))));
    const writes = (generator: Parameters<typeof simulate>[0]) =>
      simulate(generator, { seed: 9 }).planned.flatMap(({ f, value }) => (f === "write" ? [value] : []));
    expect(writes(any(work, faults))).toEqual(writes(any(work, undefined)));
  });
});

describe("shortestAny", () => {
  test("ends with the first that ends", () => {
    const fs = fsOf(shortestAny(repeat({ f: "a" }), limit(3, repeat({ f: "b" }))));
    expect(fs.filter((f) => f === "b")).toHaveLength(3);
    expect(fs.at(-1)).toBe("b");
  });

  test("gives nothing when one of them has nothing", () => {
    expect(fsOf(shortestAny(repeat({ f: "a" }), undefined))).toEqual([]);
    expect(fsOf(shortestAny(repeat({ f: "a" }), []))).toEqual([]);
  });
});
