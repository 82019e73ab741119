import { describe, expect, it } from "vitest";
import { showValue } from "../../src/history/value.ts";
import { recipeOf } from "../../src/model/built-in.ts";
import { casOk, casRegister } from "../../src/model/cas-register.ts";
import { Inconsistent, type Model, OneOf } from "../../src/model/model.ts";
import { reentrantMutex } from "../../src/model/owner-mutex.ts";
import { modelByName, modelFrom, models } from "../../src/model/registry.ts";

/** What was asked and answered; "?" stands in the place of the answer of an operation that crashed. */
type Row = readonly [f: string, input: unknown, output: unknown, process?: number];

/** The state in words after all rows, or the reason why the last one cannot come next. */
function run(model: Model, rows: readonly Row[]): string {
  let state = model.init();
  for (const [i, [f, input, output, process = 0]] of rows.entries()) {
    const crashed = output === "?";
    const next = model.step(state, { f, input, output: crashed ? undefined : output, crashed, process });
    if (next instanceof Inconsistent) {
      expect(i, `only the last row of ${model.name} is impossible`).toBe(rows.length - 1);
      return `✗ ${next.reason}`;
    }
    expect(next instanceof OneOf).toBe(false);
    state = next;
  }
  return model.describeState?.(state) ?? String(model.stateKey(state));
}

const falseCas = (from: unknown, to: unknown) => casOk(from, to, false);

const cases: readonly (readonly [model: string, rows: readonly Row[], expected: string])[] = [
  ["register", [["read", null, null]], "null"],
  [
    "register",
    [
      ["write", 1, 1],
      ["read", null, "?"],
      ["read", null, 1],
    ],
    "1",
  ],
  [
    "register",
    [
      ["write", 1, 1],
      ["write", 2, "?"],
      ["read", null, 1],
    ],
    "✗ it saw 1 while the value is 2",
  ],
  [
    "cas-register",
    [
      ["write", 1, 1],
      ["cas", [1, 2], [1, 2]],
      ["read", null, 2],
    ],
    "2",
  ],
  [
    "cas-register",
    [
      ["cas", [1, 2], falseCas(1, 2)],
      ["cas", [null, 3], [null, 3]],
    ],
    "3",
  ],
  [
    "cas-register",
    [
      ["write", 1, 1],
      ["cas", [1, 2], falseCas(1, 2)],
    ],
    "✗ its comparison with 1 was false while the value is just that",
  ],
  ["cas-register", [["cas", [1, 2], [1, 2]]], "✗ it swapped 1 while the value is null"],
  [
    "cas-register",
    [
      ["write", 1, 1],
      ["cas", [1, 2], "?"],
      ["cas", [1, 5], "?"],
    ],
    "2",
  ],
  [
    "cas-register",
    [
      ["cas", [null, 2], undefined],
      ["cas", [2, 3], null],
      ["cas", [3, 4], { cas: [3, 4], swapped: true }],
    ],
    "4",
  ],
  [
    "multi-register",
    [
      [
        "txn",
        [
          ["w", "x", 1],
          ["r", "y", null],
        ],
        [
          ["w", "x", 1],
          ["r", "y", null],
        ],
      ],
      ["txn", [["read", "x", null]], [["read", "x", 1]]],
    ],
    '{"x":1}',
  ],
  [
    "multi-register",
    [
      ["txn", [["r", "constructor", null]], [["r", "constructor", null]]],
      ["txn", [["w", "__proto__", 3]], [["w", "__proto__", 3]]],
      ["txn", [["r", "__proto__", null]], [["r", "__proto__", 3]]],
    ],
    '{"__proto__":3}',
  ],
  [
    "multi-register",
    [
      ["txn", [["w", "x", 1]], "?"],
      ["txn", [["r", "x", null]], [["r", "x", 2]]],
    ],
    "✗ it saw 2 at x where the value is 1",
  ],
  [
    "versioned-register",
    [
      ["write", [null, "a"], [3, "a"]],
      ["read", null, [3, "a"]],
      ["cas", [null, ["a", "b"]], [7, ["a", "b"]]],
    ],
    '"b" at version 7',
  ],
  ["versioned-register", [["read", null, null]], "null at version 0"],
  [
    "versioned-register",
    [
      ["write", [null, 1], [3, 1]],
      ["write", [null, 2], [3, 2]],
    ],
    "✗ it made version 3 while the value is 1 at version 3",
  ],
  [
    "versioned-register",
    [
      ["write", [null, 1], "?"],
      ["read", null, [9, 1]],
      ["read", null, [8, 1]],
    ],
    "✗ it saw 1 at version 8 while the value is 1 at version 9",
  ],
  [
    "mutex",
    [
      ["acquire", null, null, 0],
      ["release", null, null, 1],
      ["acquire", null, null, 1],
    ],
    "held",
  ],
  [
    "mutex",
    [
      ["acquire", null, null],
      ["acquire", null, null],
    ],
    "✗ the lock is held",
  ],
  ["mutex", [["release", null, null]], "✗ the lock is free"],
  [
    "owner-mutex",
    [
      ["acquire", null, null, 1],
      ["release", null, null, 2],
    ],
    "✗ held by 1, not by 2",
  ],
  [
    "owner-mutex",
    [
      ["acquire", "me", null, 1],
      ["release", "me", null, 2],
    ],
    "free",
  ],
  [
    "owner-mutex",
    [
      ["acquire", null, null, 1],
      ["acquire", null, null, 1],
    ],
    "✗ 1 already holds the lock",
  ],
  [
    "reentrant-mutex",
    [
      ["acquire", null, null, 1],
      ["acquire", null, null, 1],
      ["release", null, null, 1],
    ],
    "held by 1",
  ],
  [
    "reentrant-mutex",
    [
      ["acquire", null, null, 1],
      ["acquire", null, null, 2],
    ],
    "✗ held by 1",
  ],
  [
    "fenced-mutex",
    [
      ["acquire", null, 5, 1],
      ["release", null, null, 1],
      ["acquire", null, 6, 2],
    ],
    "held by 2, last known token 6",
  ],
  [
    "fenced-mutex",
    [
      ["acquire", null, 5, 1],
      ["release", null, null, 1],
      ["acquire", null, 5, 2],
    ],
    "✗ its token 5 is not above 5, which was given before",
  ],
  [
    "fenced-mutex",
    [
      ["acquire", null, 5, 1],
      ["release", null, null, 1],
      ["acquire", null, "?", 2],
      ["release", null, null, 2],
      ["acquire", null, 6, 1],
    ],
    "✗ its token 6 is not above 6, which was given before",
  ],
  [
    "fenced-mutex",
    [
      ["acquire", null, 2 ** 53 - 1, 1],
      ["release", null, null, 1],
      ["acquire", null, "?", 1],
      ["release", null, null, 1],
      ["acquire", null, 2n ** 53n + 1n, 2],
    ],
    "held by 2, last known token 9007199254740993",
  ],
  [
    "fenced-mutex",
    [
      ["acquire", null, 2n ** 53n + 1n, 1],
      ["release", null, null, 1],
      ["acquire", null, 2n ** 53n, 2],
    ],
    "✗ its token 9007199254740992 is not above 9007199254740993, which was given before",
  ],
  [
    "set",
    [
      ["add", 1, 1],
      ["add", 1, 1],
      ["remove", 2, 2],
      ["contains", 1, true],
      ["read", null, [1]],
    ],
    "[1]",
  ],
  ["set", [["read", null, null]], "empty"],
  [
    "set",
    [
      ["add", 1, "?"],
      ["read", null, []],
    ],
    "✗ it saw [] while the set is [1]",
  ],
  [
    "set",
    [
      ["add", 1, 1],
      ["read", null, [1, 1]],
    ],
    "✗ it saw [1,1] while the set is [1]",
  ],
  [
    "set",
    [
      ["add", "1", "1"],
      ["contains", 1, true],
    ],
    '✗ it said true while the set is ["1"]',
  ],
  [
    "counter",
    [
      ["add", 2, 2],
      ["add", -5, "?"],
      ["read", null, -3],
    ],
    "-3",
  ],
  [
    "counter",
    [
      ["add", 2 ** 53 - 1, null],
      ["add", 1, null],
      ["add", 1, null],
      ["read", null, 2n ** 53n + 1n],
      ["add", -(2n ** 53n), null],
      ["read", null, 1],
    ],
    "1",
  ],
  [
    "counter",
    [
      ["add", 2 ** 53 - 1, null],
      ["add", 2, null],
      ["read", null, 2n ** 53n],
    ],
    "✗ it saw 9007199254740992 while the counter is 9007199254740993",
  ],
  [
    "counter",
    [
      ["add", 2, 2],
      ["read", null, 3],
    ],
    "✗ it saw 3 while the counter is 2",
  ],
  [
    "fifo-queue",
    [
      ["enqueue", 1, 1],
      ["enqueue", 2, 2],
      ["dequeue", null, 1],
      ["dequeue", null, "?"],
      ["dequeue", null, null],
    ],
    "[]",
  ],
  [
    "fifo-queue",
    [
      ["enqueue", 1, 1],
      ["enqueue", 2, 2],
      ["dequeue", null, 2],
    ],
    "✗ it took 2 while the oldest value is 1",
  ],
  [
    "fifo-queue",
    [
      ["enqueue", 1, 1],
      ["dequeue", null, null],
    ],
    "✗ it found nothing while the queue is [1]",
  ],
  [
    "unordered-queue",
    [
      ["enqueue", 1, 1],
      ["enqueue", 2, 2],
      ["dequeue", null, 2],
    ],
    "[1]",
  ],
  [
    "unordered-queue",
    [
      ["enqueue", 1, 1],
      ["dequeue", null, 2],
    ],
    "✗ it took 2 while it holds [1]",
  ],
  [
    "stack",
    [
      ["push", 1, 1],
      ["push", 2, 2],
      ["pop", null, 2],
      ["pop", null, "?"],
      ["pop", null, null],
    ],
    "[]",
  ],
  [
    "stack",
    [
      ["push", 1, 1],
      ["push", 2, 2],
      ["pop", null, 1],
    ],
    "✗ it took 1 while the newest value is 2",
  ],
  [
    "key-value",
    [
      ["get", null, null],
      ["put", "a", null],
      ["append", "b", "?"],
      ["get", null, "ab"],
      ["delete", null, null],
      ["get", null, ""],
    ],
    '""',
  ],
  [
    "key-value",
    [
      ["put", "a", null],
      ["get", null, null],
    ],
    '✗ it saw "" while the value is "a"',
  ],
  [
    "list-append",
    [
      ["read", null, null],
      ["append", 1, 1],
      ["append", 2, "?"],
      ["read", null, [1, 2]],
    ],
    "[1,2]",
  ],
  [
    "list-append",
    [
      ["append", 1, 1],
      ["read", null, []],
    ],
    "✗ it saw [] while the list is [1]",
  ],
];

describe("models", () => {
  for (const [name, rows, expected] of cases) {
    it(`${name} after ${showValue(rows, 200)}: ${expected}`, () => {
      expect(run(modelByName(name), rows)).toBe(expected);
    });
  }

  it("are all tried above, with something possible and something that is not", () => {
    for (const { name } of models) {
      const own = cases.filter(([model]) => model === name).map(([, , expected]) => expected.startsWith("✗"));
      expect(new Set(own).size, name).toBe(2);
    }
  });

  it("say which operations only observe, and those change nothing", () => {
    for (const [name, rows] of cases) {
      const model = modelByName(name);
      let state = model.init();
      for (const [f, input, output, process = 0] of rows) {
        const crashed = output === "?";
        const op = { f, input, output: crashed ? undefined : output, crashed, process };
        const next = model.step(state, op);
        if (next instanceof Inconsistent || next instanceof OneOf) break;
        if (model.readOnly(op)) expect(model.stateKey(next), `${name} ${f}`).toBe(model.stateKey(state));
        state = next;
      }
    }
  });

  it("leave open what an unknown outcome may have taken from an unordered queue", () => {
    const model = modelByName("unordered-queue");
    const enqueue = (state: unknown, input: unknown) =>
      model.step(state, { f: "enqueue", input, output: input, crashed: false, process: 0 });
    const full = enqueue(enqueue(enqueue(model.init(), 1), 2), 1);
    const after = model.step(full, { f: "dequeue", input: null, output: undefined, crashed: true, process: 0 });
    expect((after as OneOf<unknown>).states.map((state) => model.describeState?.(state))).toEqual(["[1,2]", "[1,1]"]);
  });

  it("can begin otherwise, and be made again elsewhere from plain data", () => {
    expect(run(casRegister(7), [["cas", [7, 8], [7, 8]]])).toBe("8");
    const twice = modelFrom(structuredClone(recipeOf(reentrantMutex(2)) ?? { name: "" }));
    const acquire: Row = ["acquire", null, null];
    expect(run(twice, [acquire, acquire])).toBe("held by 0, 2 times");
    expect(run(twice, [acquire, acquire, acquire])).toBe("✗ 0 already holds the lock");
    for (const model of models) expect(modelFrom(recipeOf(model) ?? { name: "" }).name).toBe(model.name);
  });

  it.each<[string, Row]>([
    ["cas-register", ["cas", 1, 1]],
    ["cas-register", ["cas", [null, 2], false]],
    ["cas-register", ["cas", [null, 2], true]],
    ["cas-register", ["cas", [null, 2], { swapped: "no" }]],
    ["versioned-register", ["cas", [null, [null, 2]], false]],
    ["counter", ["add", "x", "x"]],
    ["set", ["contains", 1, null]],
    ["set", ["read", null, 1]],
    ["fifo-queue", ["enqueue", null, null]],
    ["unordered-queue", ["enqueue", null, "?"]],
    ["stack", ["push", undefined, null]],
    ["counter", ["read", null, 2 ** 53]],
    ["fenced-mutex", ["acquire", null, undefined]],
    ["fenced-mutex", ["acquire", null, 2 ** 53]],
    ["multi-register", ["txn", [["q", "x", 1]], [["q", "x", 1]]]],
    ["versioned-register", ["write", 1, 1]],
    ["versioned-register", ["write", [null, 1], undefined]],
    ["versioned-register", ["cas", [null, [null, 2]], null]],
    ["key-value", ["put", {}, {}]],
  ])("refuse in one sentence what is none of theirs: %s %j", (name, row) => {
    expect(() => run(modelByName(name), [row])).toThrow(/; this history (has|adds) .*\.$/);
  });

  it("are known by name", () => {
    expect(() => modelByName("queue")).toThrow('There is no model "queue"; the models are register, cas-register');
  });
});
