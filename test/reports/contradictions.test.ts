import { describe, expect, test } from "vitest";
import { contradictionsOf } from "../../reports/contradictions.ts";
import { operationText, rankedParts } from "../../reports/figures/contradiction.ts";
import type { Op } from "../../src/history/op.ts";
import { operations } from "../../src/history/pairs.ts";
import type { Result } from "../../src/test.ts";

/** 0–1 write 1, 2–3 write 2, 4 write 3 without an answer, 5–6 read → 1; key 7. */
const history: Op[] = (
  [
    ["invoke", 0, "write", 1],
    ["ok", 0, "write", 1],
    ["invoke", 1, "write", 2],
    ["ok", 1, "write", 2],
    ["invoke", 2, "write", 3],
    ["invoke", 3, "read", null],
    ["ok", 3, "read", 1],
  ] as const
).map(([type, process, f, value], index) => ({
  index,
  time: index * 1e6,
  type,
  process,
  f,
  value,
  key: 7,
  node: "n1",
}));
const all = operations(history);

const invalid = (rest: object): { valid: false; checkers: Record<string, Result> } => ({
  valid: false,
  checkers: { linearizable: { valid: false, ...rest } },
});

describe("contradictionsOf", () => {
  test("finds the operations of a failure, which ends take part, and its words", () => {
    const contradiction = { indexes: [2, 3, 4, 5, 6], sentence: "2 was there.", minimal: true };
    const states = [{ state: "2", reason: "1 cannot be read" }];
    const [found, ...rest] = contradictionsOf(invalid({ failures: [{ key: 7, states, contradiction }] }), all);
    expect(rest).toEqual([]);
    expect(found).toMatchObject({
      checker: "linearizable",
      key: "7",
      sentence: "2 was there.",
      kind: "minimal",
      states,
    });
    expect(found?.parts.map(({ operation, ends }) => [operation.invoke.index, ends])).toEqual([
      [2, true],
      [4, false],
      [5, true],
    ]);
  });

  test("takes an end that is not named as one that takes no part", () => {
    const [found] = contradictionsOf(invalid({ contradiction: { indexes: [2, 5, 6], sentence: "s" } }), all);
    expect(found?.parts.map(({ ends }) => ends)).toEqual([false, true]);
    expect(rankedParts(found!.parts)).toMatchObject({ events: 3, ranked: [{ from: 0 }, { from: 1, to: 2 }] });
    expect(rankedParts(found!.parts).ranked[0]).not.toHaveProperty("to");
  });

  test("falls back on where the search got stuck", () => {
    const failure = {
      key: null,
      sentence: "stuck",
      operation: { invoked: 5, completed: 6 },
      prefix: { last: [{ invoked: 2, completed: 3 }] },
    };
    const [found] = contradictionsOf(invalid({ failures: [failure] }), all);
    expect(found).toMatchObject({ sentence: "stuck", kind: "stuck", key: "7" });
    expect(found?.parts.map(({ operation }) => operation.invoke.index)).toEqual([2, 5]);
  });

  test("puts the one first that was complete first, and takes the key from the record around it", () => {
    const one = (index: number) => ({ contradiction: { indexes: [index], sentence: `until ${index}` } });
    const results = [
      { key: "late", result: one(6) },
      { key: "early", result: one(1) },
    ];
    expect(contradictionsOf(invalid({ results }), all).map(({ key, sentence }) => [key, sentence])).toEqual([
      ["early", "until 1"],
      ["late", "until 6"],
    ]);
  });

  test("finds none in valid checkers, in other results and in none", () => {
    const contradiction = { indexes: [0], sentence: "s" };
    expect(contradictionsOf({ valid: true, contradiction }, all)).toEqual([]);
    expect(contradictionsOf(invalid({ lost: [1, 2], contradiction: { indexes: "no", sentence: 1 } }), all)).toEqual([]);
    expect(contradictionsOf(undefined, all)).toEqual([]);
  });

  test("keeps what it can when indexes are not in the history", () => {
    const [found] = contradictionsOf(invalid({ contradiction: { indexes: [99], sentence: "s" } }), all);
    expect(found).toMatchObject({ sentence: "s", parts: [] });
  });
});

test("operations read as calls", () => {
  expect(all.map((operation) => operationText(operation, 40))).toEqual([
    "write 1",
    "write 2",
    "write 3, never answered",
    "read → 1",
  ]);
});
