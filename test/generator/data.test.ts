import { describe, expect, test } from "vitest";
import { ask, clients, limit, onUpdate, repeat, simulate, tell } from "../../src/generator/index.ts";
import type { GeneratorContext, GeneratorLike, Op, PlannedOp } from "../../src/test.ts";
import { contextAt, fsOf, invocations, TEST, timesOf, valuesOf } from "./rows.ts";

const naturals = function* () {
  for (let value = 0; ; value++) yield { f: "write", value };
};

describe("nothing", () => {
  test.each([undefined, null, [], [undefined, null, []], new Set<GeneratorLike>()])("%o is exhausted", (nothing) => {
    expect(simulate(nothing).history).toEqual([]);
  });
});

describe("an operation draft", () => {
  test("is given once, with everything filled in", () => {
    const { history } = simulate(clients({ f: "write", value: 3 }), { concurrency: 1, nodes: ["n1"] });
    expect(history).toEqual([
      { index: 0, time: 0, type: "invoke", process: 0, f: "write", value: 3, node: "n1" },
      { index: 1, time: 10, type: "ok", process: 0, f: "write", value: 3, node: "n1" },
    ]);
  });

  test("keeps its key and its process", () => {
    expect(invocations({ f: "read", key: "k", process: 1 })[0]).toMatchObject({ key: "k", process: 1, value: null });
  });

  test("waits while its process is busy", () => {
    expect(
      timesOf([
        { f: "a", process: 1 },
        { f: "b", process: 1 },
      ]),
    ).toEqual([
      [0, "a"],
      [10, "b"],
    ]);
  });

  test("waits while every process is busy", () => {
    expect(timesOf([{ f: "a" }, { f: "b" }, { f: "c" }, { f: "d" }])).toEqual([
      [0, "a"],
      [0, "b"],
      [0, "c"],
      [10, "d"],
    ]);
  });

  test("may come later, but not in the past", () => {
    expect(
      timesOf([
        { f: "a", time: 25 },
        { f: "b", time: 5 },
      ]),
    ).toEqual([
      [25, "a"],
      [25, "b"],
    ]);
  });

  test("for a process that there is not, is an error that says so", () => {
    expect(() => simulate({ f: "a", process: 77 })).toThrow(/process 77, which is none of the processes/);
    expect(() => simulate(clients({ f: "a", process: "nemesis:faults" }))).toThrow(/none of the processes/);
  });
});

describe("lists", () => {
  test("an array gives its elements in turn, each until it is exhausted", () => {
    const nested = [{ f: "a" }, [{ f: "b" }, undefined, { f: "c" }], limit(2, repeat({ f: "d" })), { f: "e" }];
    expect(fsOf(nested)).toEqual(["a", "b", "c", "d", "d", "e"]);
  });

  test("an iterable is read only as far as needed, and may be endless", () => {
    let read = 0;
    function* counted() {
      for (const op of naturals()) {
        read++;
        yield op;
      }
    }
    expect(valuesOf(limit(5, counted()))).toEqual([0, 1, 2, 3, 4]);
    expect(read).toBe(5);
  });

  test("an iterator that can be read once only gives the same to everyone who asks", () => {
    const once = naturals();
    expect(valuesOf(limit(3, once))).toEqual([0, 1, 2]);
    expect(valuesOf(limit(3, once))).toEqual([0, 1, 2]);
  });

  test("events reach the element at work only", () => {
    const heard: string[] = [];
    const listener = (name: string, ops: GeneratorLike): GeneratorLike =>
      onUpdate((self, test, context, event) => {
        heard.push(`${name}:${event.type}:${event.f}`);
        return listener(name, tell(self.inner, test, context, event));
      }, ops);
    simulate([listener("a", { f: "a" }), listener("b", { f: "b" })], { concurrency: 1, lanes: [] });
    expect(heard).toEqual(["a:invoke:a", "a:ok:a", "b:invoke:b", "b:ok:b"]);
  });

  test("a list of nothing without end is an error, not a hang", () => {
    function* nothings() {
      for (;;) yield undefined;
    }
    expect(() => simulate(nothings())).toThrow(/nothing to do: it would never end/);
  });
});

describe("functions", () => {
  test("are called for one generator after the other, and end with nothing", () => {
    let calls = 0;
    const twice = () =>
      ++calls > 2
        ? undefined
        : [
            { f: "a", value: calls },
            { f: "b", value: calls },
          ];
    expect(valuesOf(twice, { concurrency: 1, lanes: [] })).toEqual([1, 1, 2, 2]);
  });

  test("see the test and the context", () => {
    const seen: unknown[] = [];
    const look = (test: { readonly concurrency: number }, context: GeneratorContext) => {
      seen.push([test.concurrency, context.time, context.freeCount]);
      return { f: "a" };
    };
    simulate(limit(4, look), { concurrency: 2, lanes: ["faults"] });
    expect(seen).toEqual([
      [2, 0, 3],
      [2, 0, 2],
      [2, 0, 1],
      [2, 10, 1], // not before a process is free again
    ]);
  });

  test("that give nothing to do for ever are an error, not a hang", () => {
    expect(() => simulate(() => [])).toThrow(/nothing to do: it would never end/);
  });

  test("draw random numbers that are the same however often they are asked for the same operation", () => {
    const write = (_test: unknown, { random }: GeneratorContext) => ({ f: "write", value: random.int(1_000_000) });
    const opAt = (time: number, seed: number) => ask(write, TEST, contextAt(time, seed))?.op as PlannedOp;
    expect(opAt(0, 4)).toMatchObject({ f: "write", time: 0 });
    expect({ ...opAt(9, 4), time: 0 }).toEqual(opAt(0, 4));
    expect(opAt(0, 5).value).not.toEqual(opAt(0, 4).value);
  });
});

describe("promises", () => {
  test("are pending until they are fulfilled", async () => {
    let fulfil: (op: { readonly f: string }) => void = () => undefined;
    const promise = new Promise<{ readonly f: string }>((resolve) => {
      fulfil = resolve;
    });
    expect(ask(promise, TEST, contextAt())).toMatchObject({ op: "pending" });
    fulfil({ f: "found" });
    await promise;
    expect(ask(promise, TEST, contextAt())?.op).toMatchObject({ f: "found" });
  });

  test("end the run when they are rejected", async () => {
    const promise = Promise.reject(new Error("no such table"));
    ask(promise, TEST, contextAt());
    await promise.catch(() => undefined);
    expect(() => ask(promise, TEST, contextAt())).toThrow(
      /promise that served as a generator was rejected: no such table/,
    );
  });

  test("never come in a simulation, which says so instead of waiting", () => {
    expect(() => simulate(new Promise<undefined>(() => undefined))).toThrow(/makes no progress/);
  });
});

describe("what is no generator", () => {
  test.each([
    ["a string", "read"],
    ["a number", 3],
    ["an empty record", {}],
    ["a record without f", { value: 1 }],
  ])("%s is an error that names it", (_what, value) => {
    expect(() => simulate(value as GeneratorLike)).toThrow(/cannot serve as a generator/);
  });
});

test("data hears nothing", () => {
  const event: Op = { index: 0, time: 0, type: "ok", process: 0, f: "a", value: null };
  const draft = { f: "a" };
  expect(tell(draft, TEST, contextAt(), event)).toBe(draft);
});
