import { describe, expect, it } from "vitest";
import { readPorcupineKv } from "../../../src/history/readers/porcupine-kv.ts";
import { readPorcupineLog } from "../../../src/history/readers/porcupine-log.ts";
import { casOk } from "../../../src/model/cas-register.ts";
import { readAll } from "./temporary-file.ts";

const log = (...lines: readonly string[]) => lines.map((line) => `INFO  jepsen.util - ${line}\n`).join("");

describe("readPorcupineLog", () => {
  it("reads reads, writes and swaps", async () => {
    const text = log("0\t:invoke\t:read\tnil", "1\t:invoke\t:cas\t[3 0]", "0\t:ok\t:read\t3", "1\t:ok\t:cas\t[3 0]");
    expect((await readAll(readPorcupineLog, text)).history).toEqual([
      { index: 0, time: 0, type: "invoke", process: 0, f: "read", value: null },
      { index: 1, time: 0, type: "invoke", process: 1, f: "cas", value: [3, 0] },
      { index: 2, time: 0, type: "ok", process: 0, f: "read", value: 3 },
      { index: 3, time: 0, type: "ok", process: 1, f: "cas", value: [3, 0] },
    ]);
  });

  it("takes a failed comparison for an observation, as the model of the register does", async () => {
    const { history } = await readAll(readPorcupineLog, log("1\t:invoke\t:cas\t[3 0]", "1\t:fail\t:cas\t[3 0]"));
    expect(history[1]).toMatchObject({ type: "ok", value: casOk(3, 0, false) });
  });

  it.each([
    ["info", "write", "4"],
    ["info", "cas", "[1 2]"],
    ["fail", "read", "nil"],
    ["fail", "cas", "[1 2]"],
  ])("takes no value from a timed-out :%s :%s", async (type, f, value) => {
    const { history } = await readAll(
      readPorcupineLog,
      log(`2\t:invoke\t:${f}\t${value}`, `2\t:${type}\t:${f}\t:timed-out`),
    );
    // what may have changed something may have happened
    const told = type === "fail" && f !== "read" ? "info" : type;
    expect(history[1]).toEqual({ ...history[0], index: 1, type: told, error: { code: "timed-out" } });
  });

  it("skips other loggers, blank lines and the nemesis' remarks", async () => {
    const text = `INFO  jepsen.core - Worker 0 starting\n\n${log(":nemesis\t:info\t:start\tnil", "0\t:invoke\t:read\tnil")}`;
    expect((await readAll(readPorcupineLog, text)).history).toMatchObject([
      { process: "nemesis", type: "info" },
      { process: 0 },
    ]);
  });

  it("tells a torn last line", async () => {
    const { history, tornLine } = await readAll(readPorcupineLog, `${log("0\t:invoke\t:read\tnil")}INFO  jepsen.ut`);
    expect(history).toHaveLength(1);
    expect(tornLine).toBe(2);
  });

  it.each([
    ["gibberish\n", "no line of a log"],
    [log("0\t:begin\t:read\tnil"), "no operation"],
    [log("0\t:invoke\t:cas\t[1"), "its value cannot be read"],
  ])("names a broken line: %s", async (line, reason) => {
    const text = log("1\t:invoke\t:read\tnil") + line + log("1\t:ok\t:read\tnil");
    await expect(readAll(readPorcupineLog, text)).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringContaining(reason),
      data: { line: 2 },
    });
  });
});

describe("readPorcupineKv", () => {
  const put = '{:process 0, :type :invoke, :f :put, :key "0", :value "x"}\n';

  it("reads operations with their keys", async () => {
    const { history } = await readAll(
      readPorcupineKv,
      `${put}{:process 0, :type :ok, :f :put, :key "0", :value "x"}\n`,
    );
    expect(history).toEqual([
      { index: 0, time: 0, type: "invoke", process: 0, f: "put", value: "x", key: "0" },
      { index: 1, time: 0, type: "ok", process: 0, f: "put", value: "x", key: "0" },
    ]);
  });

  it("wants a key in each", async () => {
    await expect(
      readAll(readPorcupineKv, `${put}{:process 1, :type :invoke, :f :put, :value "x"}\n`),
    ).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringContaining("Operation 1 of"),
    });
  });
});
