import { describe, expect, it } from "vitest";
import { detectFormat, historyFormats, readHistory } from "../../../src/history/readers/detect.ts";
import { fileOf } from "./temporary-file.ts";

describe("detectFormat", () => {
  it.each([
    ["json-lines", '{"index":0,"time":1,"type":"invoke","process":0,"f":"read"}\n'],
    ["json-lines", ""],
    ["json-lines", '\uFEFF{"type":"invoke","process":0,"f":"read"}'],
    ["elle-json", '[{"type":"invoke","f":"read","process":0}]'],
    ["elle-json", '  [\n  {\n "type": "invoke"}]'],
    ["elle-json", "[]"],
    ["elle-json", '{"type":"invoke","value":[["r",1,null]],"process":0}'],
    ["jepsen-edn", "{:index 0 :type :invoke}"],
    ["jepsen-edn", "#jepsen.history.Op{:index 0}"],
    ["jepsen-edn", "[{:process 70}]"],
    ["jepsen-edn", "; comment\n[{:process 70}]"],
    ["jepsen-edn", "({:process 70, :key 1})"],
    ["porcupine-kv", '{:process 0, :type :invoke, :f :get, :key "7", :value nil}'],
    ["porcupine-log", "INFO  jepsen.util - 0\t:invoke\t:read\tnil"],
  ])("finds %s: %s", async (format, text) => {
    expect(await detectFormat(await fileOf(text))).toBe(format);
  });

  it.each(["<html>", "index,time,type\n0,1,invoke\n", "\u0000\u0001\u0002"])("refuses to guess at %s", async (text) => {
    await expect(detectFormat(await fileOf(text))).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(`--format (${historyFormats.join(", ")})`),
    });
  });

  it("says when there is no such file", async () => {
    await expect(detectFormat("/nonexistent/history")).rejects.toMatchObject({ code: "usage" });
  });
});

describe("readHistory", () => {
  it("reads what it finds, and says what and whether it was torn", async () => {
    const path = await fileOf("[{:process 7, :type :invoke, :f :read}");
    expect(await readHistory(path)).toEqual({
      format: "jepsen-edn",
      tornLine: 1,
      history: [{ index: 0, time: 0, type: "invoke", process: 7, f: "read", value: undefined }],
    });
  });

  it("believes the caller", async () => {
    const path = await fileOf('{"type":"invoke","process":0,"f":"read","error":"odd"}');
    await expect(readHistory(path)).rejects.toMatchObject({ code: "corrupt" });
    expect((await readHistory(path, { format: "elle-json" })).history).toMatchObject([{ error: { code: "odd" } }]);
  });

  it("changes and leaves out operations as they come", async () => {
    const path = await fileOf("{:process 7 :type :invoke :f :a} {:process 8 :type :invoke :f :b}");
    const { history } = await readHistory(path, { map: (op) => (op.f === "b" ? { ...op, f: "c" } : undefined) });
    expect(history).toMatchObject([{ index: 1, f: "c" }]);
  });
});
