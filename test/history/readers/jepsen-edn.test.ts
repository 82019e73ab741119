import { describe, expect, it } from "vitest";
import { readJepsenEdn } from "../../../src/history/readers/jepsen-edn.ts";
import { readAll } from "./temporary-file.ts";

const operation = (index: number, type: string, value: string) =>
  `{:index ${index}, :type :${type}, :process 0, :f :write, :time ${index * 10}, :value ${value}}`;

describe("readJepsenEdn", () => {
  it("reads records, one a line, with everything that Jepsen adds", async () => {
    const { history } = await readAll(
      readJepsenEdn,
      [
        "#jepsen.history.Op{:index 0, :time 5, :type :invoke, :process 3, :f :txn, :value [[:append 1 2] [:r 1 nil]]}",
        '#jepsen.history.Op{:index 1, :time 9, :type :info, :process 3, :f :txn, :value [[:append 1 2] [:r 1 nil]], :error [:net "broken pipe"], :node "n1"}',
        "#jepsen.history.Op{:index 2, :time 11, :type :info, :process :nemesis, :f :start, :value :majority}",
        "",
      ].join("\n"),
    );
    const value = [
      ["append", 1, 2],
      ["r", 1, null],
    ];
    expect(history).toEqual([
      { index: 0, time: 5, type: "invoke", process: 3, f: "txn", value },
      { index: 1, time: 9, type: "info", process: 3, f: "txn", value, error: { code: "net", message: "broken pipe" } },
      { index: 2, time: 11, type: "info", process: "nemesis", f: "start", value: "majority" },
    ]);
    expect(history[1]!.value).toBe(history[0]!.value);
  });

  it.each([
    ["a vector", "[", "]"],
    ["a list", "(", ")"],
    ["one after the other", "", ""],
  ])("reads operations in %s, over several lines and many in one, with comments", async (_name, open, close) => {
    const text = `; a history\n${open}{:process 1, :type :invoke\n :f :read} #_{:type :junk} {:process 1 :type :ok :f :read :value #{1 2}}${close}\n; end\n`;
    const { history, tornLine } = await readAll(readJepsenEdn, text);
    expect(history).toEqual([
      { index: 0, time: 0, type: "invoke", process: 1, f: "read", value: undefined },
      { index: 1, time: 0, type: "ok", process: 1, f: "read", value: [1, 2] },
    ]);
    expect(tornLine).toBeUndefined();
  });

  it("keeps big integers exact", async () => {
    const { history } = await readAll(
      readJepsenEdn,
      operation(0, "invoke", "[9223372036854775807 -5 12345678901234567890N]"),
    );
    expect(history[0]!.value).toEqual([9223372036854775807n, -5, 12345678901234567890n]);
  });

  it("takes the index and the time of a line that has none", async () => {
    const { history } = await readAll(
      readJepsenEdn,
      "{:type :invoke :process 0 :time 7} {:type :ok :process 0 :time -1}",
    );
    expect(history).toMatchObject([
      { index: 0, time: 7, f: "txn" },
      { index: 1, time: 7, f: "txn" },
    ]);
  });

  it("gives operations without a process to process 0", async () => {
    const { history } = await readAll(readJepsenEdn, "[{:type :invoke, :f :read}]");
    expect(history).toMatchObject([{ process: 0 }]);
  });

  it("takes over a key", async () => {
    const { history } = await readAll(readJepsenEdn, '{:type :invoke, :process 0, :f :get, :key "x", :value nil}');
    expect(history).toEqual([{ index: 0, time: 0, type: "invoke", process: 0, f: "get", value: null, key: "x" }]);
  });

  it.each([
    [":timeout", { code: "timeout" }],
    ['[:not-found "no lease" 7]', { code: "not-found", message: "no lease 7" }],
    ['"Connection was refused"', { code: "error", message: "Connection was refused" }],
    ["{:status 503}", { code: "error", message: '{"status":503}' }],
  ])("understands the error %s", async (error, expected) => {
    const { history } = await readAll(readJepsenEdn, `{:type :info :process 0 :f :x :error ${error}}`);
    expect(history[0]!.error).toEqual(expected);
  });

  it("reads histories longer than its window, with operations on every border", async () => {
    const text = `[${Array.from({ length: 40_000 }, (_, i) => operation(i, i % 2 === 0 ? "invoke" : "ok", `"é${"x".repeat(i % 97)}"`)).join("\n")}]`;
    const { history, tornLine } = await readAll(readJepsenEdn, text);
    expect(history).toHaveLength(40_000);
    expect(
      history.every(
        ({ index, time, value }, i) => index === i && time === i * 10 && value === `é${"x".repeat(i % 97)}`,
      ),
    ).toBe(true);
    expect(tornLine).toBeUndefined();
  });

  it("reads an operation longer than its window", async () => {
    const long = "y".repeat(3_000_000);
    const { history } = await readAll(
      readJepsenEdn,
      `${operation(0, "invoke", `"${long}"`)}\n${operation(1, "ok", "1")}`,
    );
    expect(history.map(({ value }) => value)).toEqual([long, 1]);
  });

  it.each([
    ["in an operation", `${operation(0, "invoke", "1")}\n{:index 1, :type :o`, 1, 2],
    ["before the closing bracket", `[${operation(0, "invoke", "1")}\n`, 1, 2],
  ])("tells a history that is cut off %s", async (_name, text, count, line) => {
    const { history, tornLine } = await readAll(readJepsenEdn, text);
    expect(history).toHaveLength(count);
    expect(tornLine).toBe(line);
  });

  it.each([
    ["an unbalanced bracket", "{:type :ok]}", "closes what was not opened"],
    ["no operation", "42", "no operation but a value"],
    ["an unknown type", "{:type :done :process 0 :f :x}", '"type"'],
    ["an unknown process", "{:type :ok :process [1] :f :x}", '"process"'],
    ["something behind the end", "] 5", "something follows"],
  ])("names the line of %s", async (_name, line, reason) => {
    const text = `[${operation(0, "invoke", "1")}\n\n${line}\n${operation(2, "ok", "1")}]`;
    await expect(readAll(readJepsenEdn, text)).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringContaining(reason),
      data: { line: 3 },
    });
  });

  it("names the line of a broken operation far into a file", async () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => operation(i, i % 2 === 0 ? "invoke" : "ok", "1"));
    lines[40_000] = "{:type}";
    await expect(readAll(readJepsenEdn, lines.join("\n"))).rejects.toMatchObject({ data: { line: 40_001 } });
  });
});
