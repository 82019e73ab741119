import { describe, expect, test } from "vitest";
import { clients, filter, fMap, limit, log, map, repeat, simulate, sleep } from "../../src/generator/index.ts";
import type { GeneratorContext, OpDraft } from "../../src/test.ts";
import { fsOf, invocations, valuesOf } from "./rows.ts";

const ten = Array.from({ length: 10 }, (_, value) => ({ f: "write", value }));

describe("map", () => {
  test("changes every operation, and keeps its time and process", () => {
    const doubled = map((op) => ({ f: op.f, value: op.value * 2 }), ten);
    const before = invocations(ten);
    expect(invocations(doubled)).toEqual(before.map((op) => ({ ...op, value: (op.value as number) * 2 })));
  });

  test("gives the function the test and the context", () => {
    const see = map(
      (op, test, context) => ({ ...op, value: [test.concurrency, context.time] }),
      limit(2, repeat({ f: "a" })),
    );
    expect(valuesOf(see, { concurrency: 1, lanes: [] })).toEqual([
      [1, 0],
      [1, 10],
    ]);
  });

  test("lets log and sleep pass", () => {
    const { planned } = simulate(map(() => ({ f: "changed" }), [log("hello"), sleep(1), { f: "a" }]));
    expect(planned.map(({ type, f, value }) => [type, f, value])).toEqual([
      ["log", undefined, "hello"],
      ["sleep", undefined, 1],
      ["invoke", "changed", undefined],
    ]);
  });

  test("says what is wrong when the function returns no operation", () => {
    expect(() => simulate(map(() => undefined as unknown as OpDraft, { f: "a" }))).toThrow(
      /given to map returned undefined/,
    );
  });
});

test("fMap renames what it knows and leaves the rest", () => {
  expect(fsOf(fMap({ start: "start-partition" }, [{ f: "start" }, { f: "stop" }]))).toEqual([
    "start-partition",
    "stop",
  ]);
});

describe("filter", () => {
  test("keeps what passes, and the rest takes no time", () => {
    const even = filter((op) => op.value % 2 === 0, ten);
    const written = invocations(even, { concurrency: 5, lanes: [] });
    expect(written.map(({ value }) => value)).toEqual([0, 2, 4, 6, 8]);
    expect(written.every(({ time }) => time === 0)).toBe(true);
  });

  test("draws anew for the operation after a dropped one", () => {
    const write = (_test: unknown, { random }: GeneratorContext) => ({ f: "write", value: random.int(10) });
    expect(
      valuesOf(
        clients(
          limit(
            20,
            filter((op) => op.value === 7, clients(write)),
          ),
        ),
      ),
    ).toEqual(Array(20).fill(7));
  });

  test("that never lets anything pass is an error, not a hang", () => {
    expect(() => simulate(filter(() => false, repeat({ f: "a" })))).toThrow(/it would never let one pass/);
  });
});
