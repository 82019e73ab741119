import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../src/checker/linearizable/check.ts";
import { checkInParallel } from "../../../src/checker/linearizable/parallel.ts";
import type { LinearizableResult } from "../../../src/checker/linearizable/result.ts";
import { monotonicMs } from "../../../src/clock.ts";
import type { Op } from "../../../src/history/op.ts";
import { counter } from "../../../src/model/counter.ts";
import type { Model } from "../../../src/model/model.ts";
import { register } from "../../../src/model/register.ts";
import { randomStream } from "../../../src/random.ts";

/**
 * Adds of all powers of two at once, again and again, and reads of what they can sum up to only if none of them happened
 * twice: everything else must be tried first.
 */
function hardHistory(keys: readonly (string | undefined)[] = [undefined]): Op[] {
  const ops: Op[] = [];
  const push = (key: string | undefined, process: number, type: Op["type"], f: string, value: unknown) => {
    ops.push({ index: ops.length, time: ops.length, type, process, f, value, ...(key === undefined ? {} : { key }) });
  };
  keys.forEach((key, k) => {
    const process = (i: number) => 100 * k + i;
    push(key, process(99), "invoke", "add", 5);
    push(key, process(99), "ok", "add", 5);
    for (let i = 0; i < 26; i++) push(key, process(i), "invoke", "add", 2 ** i + 1);
    push(key, process(50), "invoke", "read", null);
    push(key, process(50), "ok", "read", 2);
    for (let i = 0; i < 26; i++) push(key, process(i), "ok", "add", 2 ** i + 1);
  });
  return ops;
}

/** The quickest of three runs at most: the machine may be busy with something else. */
function quickest(
  withinMs: number,
  run: () => LinearizableResult,
): { readonly ms: number; readonly result: LinearizableResult } {
  for (let left = 3; ; left--) {
    const began = monotonicMs();
    const result = run();
    const ms = monotonicMs() - began;
    if (ms < withinMs || left === 1) return { ms, result };
  }
}

const history = hardHistory();
/** Without the search that merges, which would see at once that nothing leads to a read of 2. */
const tuning = { merging: false, reachability: false };

describe("a check that needs more than its budget", () => {
  it("ends within 10 % of its time, and says how far it got", () => {
    const { ms, result } = quickest(1100, () => checkLinearizable(counter(), history, { timeMs: 1000, tuning }));
    expect(ms).toBeLessThan(1100);
    expect(result).toMatchObject({
      valid: "unknown",
      summary: expect.stringMatching(/could not be decided within the budget\.$/),
      keys: { unknown: [null] },
      undecided: [
        {
          limit: "time",
          completions: 28,
          reached: 1,
          sentence: "The time was up after 1 of 28 completions were put in order.",
          operation: { text: "read → 2" },
        },
      ],
    });
    expect(result.explored).toBeGreaterThan(1000);
  });

  it("ends at its memory, and says so", () => {
    const memoryBytes = 16 * 2 ** 20;
    const result = checkLinearizable(counter(), history, { memoryBytes, tuning });
    expect(result).toMatchObject({ valid: "unknown", undecided: [{ limit: "memory", reached: 1 }] });
    expect(result.memoryBytes).toBeLessThan(memoryBytes);
    expect(result.memoryBytes).toBeGreaterThan(memoryBytes / 4);
  });

  it("explores the same whatever the machine, when memory is the limit", () => {
    const explored = () => checkLinearizable(counter(), history, { memoryBytes: 2 ** 22, tuning }).explored;
    expect(explored()).toBe(explored());
  });

  it.each(["in one thread", "in workers"])("decides the keys that can be decided: %s", async (how) => {
    const easy: Op[] = [
      { index: 0, time: 0, type: "invoke", process: 1000, f: "add", value: 1, key: "easy" },
      { index: 1, time: 1, type: "ok", process: 1000, f: "add", value: 1, key: "easy" },
    ];
    const ops = [...hardHistory(["a", "b"]), ...easy].map((op, index) => ({ ...op, index }));
    const options = { timeMs: 3000, tuning };
    const began = monotonicMs();
    const result =
      how === "in workers"
        ? await checkInParallel(counter(), ops, options)
        : checkLinearizable(counter(), ops, options);
    expect(monotonicMs() - began).toBeLessThan(6000);
    expect(result).toMatchObject({ valid: "unknown", keys: { checked: 3, invalid: [], unknown: ["a", "b"] } });
  });

  it("keeps to the verdict when one key is violated, and does not use up the budget for the others", () => {
    const wrong: Op[] = [
      { index: 0, time: 0, type: "invoke", process: 1000, f: "read", value: null, key: "wrong" },
      { index: 1, time: 1, type: "ok", process: 1000, f: "read", value: 7, key: "wrong" },
    ];
    const ops = [...hardHistory(["a"]), ...wrong].map((op, index) => ({ ...op, index }));
    const began = monotonicMs();
    const result = checkLinearizable(counter(), ops, { timeMs: 60_000, tuning });
    expect(monotonicMs() - began).toBeLessThan(30_000);
    expect(result).toMatchObject({ valid: false, keys: { invalid: ["wrong"], unknown: ["a"] } });
  });
});

it("takes memory by the length of a history, not times the clients that wait at once", () => {
  const ops: Op[] = [];
  const push = (type: Op["type"], process: number, f: string, value: unknown) =>
    ops.push({ index: ops.length, time: ops.length, type, process, f, value });
  let written: unknown = null;
  const clients = 400;
  const open: (readonly [f: string, value: unknown])[] = [];
  for (let i = 0; i < 20_000; i++) {
    const process = i % clients;
    const ending = open[process];
    if (ending !== undefined) {
      const [f, value] = ending;
      if (f === "write") written = value;
      push("ok", process, f, written);
    }
    const [f, value] = i % 3 === 0 ? ["read", null] : ["write", i % 5];
    open[process] = [f as string, value];
    push("invoke", process, f as string, value);
  }
  const result = checkLinearizable(register(), ops, { memoryBytes: 2 ** 26, timeMs: 30_000 });
  expect(result).toMatchObject({ valid: true, algorithms: { "depth-first": 1 } });
});

describe("workers", () => {
  it("answer what one thread answers", async () => {
    const random = randomStream(1, "workers");
    const ops: Op[] = [];
    for (const key of ["a", "b", "c", "d"]) {
      let sum = 0;
      for (let i = 0; i < 20; i++) {
        const process = ops.length;
        const n = random.int(5);
        const f = random.bool() ? "add" : "read";
        ops.push({ index: 0, time: 0, type: "invoke", process, f, value: f === "add" ? n : null, key });
        if (f === "add") sum += n;
        const value = f === "add" ? n : key === "c" && i > 15 ? -1 : sum;
        ops.push({ index: 0, time: 0, type: "ok", process, f, value, key });
      }
    }
    const numbered = ops.map((op, index) => ({ ...op, index, time: index }));
    const { explored: _, memoryBytes: __, ...alone } = checkLinearizable(counter(), numbered);
    expect(await checkInParallel(counter(), numbered, {})).toMatchObject(alone);
    expect(alone.keys.invalid).toEqual(["c"]);
  });

  // a machine that runs one thread at a time has no workers
  it.runIf(availableParallelism() > 1)("end when the signal aborts", async () => {
    const began = monotonicMs();
    const result = await checkInParallel(
      counter(),
      hardHistory(["a", "b"]),
      { timeMs: 60_000, tuning },
      AbortSignal.timeout(4000),
    );
    expect(result.valid).toBe("unknown");
    expect(monotonicMs() - began).toBeLessThan(20_000);
  });
});

describe("a user's model", () => {
  const own = (step: Model<number>["step"]): Model<number> => ({
    name: "own",
    description: "one that a user wrote",
    fs: ["add", "read"],
    init: () => 0,
    step,
    stateKey: (state) => state,
    readOnly: ({ f }) => f === "read",
  });

  it("is broken off when a step does not end", () => {
    const endless = own(() => {
      for (;;);
    });
    const { ms, result } = quickest(450, () => checkLinearizable(endless, history, { timeMs: 300 }));
    expect(ms).toBeLessThan(450);
    expect(result).toMatchObject({
      valid: "unknown",
      undecided: [
        { limit: "model", sentence: "A step of the model did not end after 0 of 28 completions were put in order." },
      ],
    });
  });

  it("is broken off in the explanation too, and the verdict kept", () => {
    const unspeakable: Model = {
      ...counter(),
      describeState: () => {
        for (;;);
      },
    };
    const ops: Op[] = [
      { index: 0, time: 0, type: "invoke", process: 0, f: "read", value: null },
      { index: 1, time: 1, type: "ok", process: 0, f: "read", value: 7 },
    ];
    expect(checkLinearizable(unspeakable, ops, { explainMs: 200 })).toMatchObject({ valid: false, failures: [] });
  });

  it.each<[string, Model<number>, RegExp]>([
    ["a step returns nothing", own(() => undefined as never), /in its step of (add 5|read null): it returned nothing;/],
    [
      "an observation changes the state",
      own((state, op) => (op.f === "add" ? state + (op.input as number) : 0)),
      /step of read null: it led to a state with another stateKey, but readOnly says/,
    ],
    [
      "a step changes the state that it was given",
      {
        ...own((state) => state),
        init: () => [0] as never,
        step: (state: unknown, op) => {
          if (op.f === "add") (state as number[])[0] = op.input as number;
          return state as never;
        },
        stateKey: (state: unknown) => (state as number[])[0],
      },
      /in its step of add 5: it changed the state that it was given;/,
    ],
  ])("is refused in a sentence when %s", (_what, model, sentence) => {
    const ops: Op[] = [
      { index: 0, time: 0, type: "invoke", process: 0, f: "add", value: 5 },
      { index: 1, time: 1, type: "ok", process: 0, f: "add", value: 5 },
      { index: 2, time: 2, type: "invoke", process: 0, f: "read", value: null },
      { index: 3, time: 3, type: "ok", process: 0, f: "read", value: 5 },
    ];
    expect(() => checkLinearizable(model, ops)).toThrow(sentence);
    expect(() => checkLinearizable(model, ops)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it("throws its own errors", () => {
    const broken = own(() => {
      throw new RangeError("no such step");
    });
    expect(() => checkLinearizable(broken, history)).toThrow("no such step");
  });
});
