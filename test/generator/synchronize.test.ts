import { describe, expect, test } from "vitest";
import { andThen, clients, concat, limit, phases, repeat, simulate, synchronize } from "../../src/generator/index.ts";
import { fsOf, timesOf } from "./rows.ts";

/** Operations take as long as their value says. */
const asLongAsTheySay = (op: { readonly value: unknown }) => ({ type: "ok", latencyNs: Number(op.value) }) as const;

test("concat goes on while operations of the one before are running", () => {
  const generator = concat(
    [
      { f: "a", value: 100 },
      { f: "a", value: 5 },
    ],
    { f: "b", value: 1 },
    { f: "b", value: 1 },
  );
  expect(timesOf(generator, { client: asLongAsTheySay, concurrency: 2, lanes: [] })).toEqual([
    [0, "a"],
    [0, "a"],
    [5, "b"],
    [6, "b"],
  ]);
});

test("synchronize waits until all threads are free, once", () => {
  const generator = [
    { f: "a", value: 3 },
    { f: "a", value: 2 },
    synchronize([
      { f: "b", value: 5 },
      { f: "b", value: 5 },
      { f: "b", value: 5 },
    ]),
  ];
  expect(timesOf(generator, { client: asLongAsTheySay, concurrency: 2, lanes: [] })).toEqual([
    [0, "a"],
    [0, "a"],
    [3, "b"],
    [3, "b"],
    [8, "b"],
  ]);
});

test("synchronize inside clients waits for clients only", () => {
  const generator = [
    { f: "kill", value: 50, process: "nemesis:faults" as const },
    clients(synchronize({ f: "a", value: 1 })),
  ];
  expect(timesOf(generator, { client: asLongAsTheySay })).toEqual([
    [0, "kill"],
    [0, "a"],
  ]);
});

test("phases waits before each of them", () => {
  const two = (f: string) => [
    { f, value: 10 },
    { f, value: 4 },
  ];
  expect(timesOf(clients(phases(two("a"), two("b"), two("c"))), { client: asLongAsTheySay })).toEqual([
    [0, "a"],
    [0, "a"],
    [10, "b"],
    [10, "b"],
    [20, "c"],
    [20, "c"],
  ]);
});

test("andThen waits for the first to end altogether", () => {
  expect(fsOf(andThen(limit(3, repeat({ f: "a" })), { f: "b" }))).toEqual(["a", "a", "a", "b"]);
  expect(timesOf(andThen(limit(3, repeat({ f: "a" })), { f: "b" })).at(-1)).toEqual([10, "b"]);
});

describe("no module of the generators", () => {
  test("looks like a promise to import()", async () => {
    const module: object = await import("../../src/generator/index.ts");
    expect("then" in module).toBe(false);
    expect(simulate([]).history).toEqual([]);
  });
});
