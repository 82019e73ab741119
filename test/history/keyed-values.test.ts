import { describe, expect, it } from "vitest";
import { keyedValueSplitter } from "../../src/history/keyed-values.ts";
import { historyOf } from "./rows.ts";

describe("keyedValueSplitter", () => {
  it("takes the key out of the values of invocations and their completions", () => {
    const history = historyOf(
      [0, "invoke", "read", [3, null]],
      [1, "invoke", "write", ["k", 1]],
      ["nemesis", "info", "start", ["n1", "n2"]],
      [0, "ok", "read", [3, 7]],
      [1, "info", "write", undefined],
    );
    expect(history.map(keyedValueSplitter()).map(({ key, value }) => [key, value])).toEqual([
      [3, null],
      ["k", 1],
      [undefined, ["n1", "n2"]],
      [3, 7],
      ["k", undefined],
    ]);
  });

  it("leaves alone what has no such value, or a key already", () => {
    const history = historyOf(
      [0, "invoke", "cas", [null, 2]],
      [1, "invoke", "cas", [1, 2], { key: "k" }],
      [2, "invoke", "w", [1, 2, 3]],
    );
    expect(history.map(keyedValueSplitter())).toEqual(history);
  });

  it("takes a key that is neither a string nor a number as its text", () => {
    const history = historyOf(
      [0, "invoke", "write", [9007199254740993n, 1]],
      [1, "invoke", "write", [9007199254740992n, 1]],
      [2, "invoke", "write", [["a", 1], 2]],
    );
    expect(history.map(keyedValueSplitter()).map(({ key, value }) => [key, value])).toEqual([
      ["9007199254740993n", 1],
      ["9007199254740992n", 1],
      ['["a",1]', 2],
    ]);
  });
});
