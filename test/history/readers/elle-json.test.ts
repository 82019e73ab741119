import { describe, expect, it } from "vitest";
import { readElleJson } from "../../../src/history/readers/elle-json.ts";
import { readAll } from "./temporary-file.ts";

const operation = (index: number, value: unknown) =>
  JSON.stringify({ index, time: index * 10, type: index % 2 === 0 ? "invoke" : "ok", process: 0, f: "write", value });

describe("readElleJson", () => {
  it.each([
    ["an array", "[", ",\n", "]\n"],
    ["lines", "", "\n", ""],
  ])("reads %s of operations", async (_name, open, between, close) => {
    const tricky = { text: 'a "quoted" } ] , \\', list: [{ deep: {} }] };
    const text = open + [operation(0, tricky), operation(1, tricky)].join(between) + close;
    const { history, tornLine } = await readAll(readElleJson, text);
    expect(history).toEqual([
      { index: 0, time: 0, type: "invoke", process: 0, f: "write", value: tricky },
      { index: 1, time: 10, type: "ok", process: 0, f: "write", value: tricky },
    ]);
    expect(tornLine).toBeUndefined();
  });

  it("reads an operation over several lines, without f, of the nemesis, with an error", async () => {
    const text = JSON.stringify(
      [
        { type: "invoke", process: 1, value: [["append", 1, 1]] },
        { type: "fail", process: 1, value: [["append", 1, 1]], error: ["abort", "conflict"] },
        { type: "info", process: "nemesis", f: "kill", value: null },
      ],
      null,
      2,
    );
    expect((await readAll(readElleJson, text)).history).toMatchObject([
      { f: "txn", type: "invoke" },
      { f: "txn", type: "fail", error: { code: "abort", message: "conflict" } },
      { process: "nemesis", f: "kill" },
    ]);
  });

  it("keeps big integers exact, and leaves digits in strings alone", async () => {
    const text =
      '[{"type":"invoke","process":0,"f":"w","value":[9007199254740993,-9223372036854775808,1.5e300,12345678901234567,"9007199254740993"]}]';
    expect((await readAll(readElleJson, text)).history[0]!.value).toEqual([
      9007199254740993n,
      -9223372036854775808n,
      1.5e300,
      12345678901234567n,
      "9007199254740993",
    ]);
  });

  it("reads a file longer than its window, and an operation longer than that", async () => {
    const values = Array.from({ length: 30_000 }, (_, i) => (i === 20_000 ? "\\é".repeat(1_000_000) : `"${i}é`));
    const { history } = await readAll(readElleJson, `[${values.map((value, i) => operation(i, value)).join(",\n")}]`);
    expect(history.map(({ value }) => value)).toEqual(values);
  });

  it("reads an empty history", async () => {
    expect(await readAll(readElleJson, "[]")).toEqual({ history: [], tornLine: undefined });
  });

  it.each([
    ["in an operation", `[${operation(0, 1)},\n{"type": "o`],
    ["in a string", `[${operation(0, 1)},\n{"type": "ok\\`],
    ["before the closing bracket", `[${operation(0, 1)}\n`],
  ])("tells a history that is cut off %s", async (_name, text) => {
    const { history, tornLine } = await readAll(readElleJson, text);
    expect(history).toHaveLength(1);
    expect(tornLine).toBe(2);
  });

  it.each([
    ["what is no JSON", "{oops}", "not JSON"],
    ["what is no operation", '{"type":"ok","process":true}', '"process"'],
    ["what is no object", "42", "4 stands where an operation should begin"],
    ["something behind the end", "],{}", "something follows"],
  ])("names the line of %s", async (_name, line, reason) => {
    const text = `[${operation(0, 1)},\n${line},\n${operation(1, 1)}]`;
    await expect(readAll(readElleJson, text)).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringContaining(reason),
      data: { line: 2 },
    });
  });
});
