import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { checkCommand } from "../../src/cli/check-command.ts";
import { checkModels } from "../../src/cli/check-models.ts";
import { models } from "../../src/model/registry.ts";

const folder = mkdtempSync(join(tmpdir(), "check-command-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  process.exitCode = undefined;
});

function fixture(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Runs the command as the program does; usage errors reject. */
async function check(...argv: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
  let out = "";
  let err = "";
  const command = checkCommand({ out: (text) => (out += text), err: (text) => (err += text) });
  command.exitOverride().configureOutput({ writeOut: (text) => (out += text), writeErr: (text) => (err += text) });
  await command.parseAsync(argv, { from: "user" });
  const code = process.exitCode;
  process.exitCode = undefined;
  return { code, out, err };
}

const edn = (...rows: readonly string[]) =>
  rows
    .map((row) => {
      const [process, type, f, ...value] = row.split(" ");
      return `{:process ${process}, :type :${type}, :f :${f}, :value ${value.join(" ") || "nil"}}\n`;
    })
    .join("");

const good = fixture("good.edn", edn("0 invoke write 1", "0 ok write 1", "1 invoke read", "1 ok read 1"));
const bad = fixture("bad.edn", edn("0 invoke write 1", "0 ok write 1", "1 invoke read", "1 ok read 2"));
const unread = fixture("unread.edn", edn("0 invoke add 1", "0 ok add 1"));
const broken = fixture("broken.edn", `${edn("0 invoke write 1")}{:process}\n${edn("0 ok write 1")}`);

describe("check", () => {
  it.each([
    ["register", good, 0, "valid"],
    ["cas-register", bad, 1, "invalid"],
    ["set", unread, 2, "unknown"],
  ])("answers with verdict, sentence and exit code: %s", async (model, file, code, word) => {
    const result = await check(model, file);
    expect(result).toMatchObject({ code, err: "" });
    const [first, second] = result.out.split("\n");
    expect(first).toBe(`${file}: ${word}`);
    expect(second).toMatch(/\.$/);
  });

  it("reads every format by its content", async () => {
    const files = [
      fixture(
        "a.jsonl",
        '{"type":"invoke","process":0,"f":"write","value":1}\n{"type":"ok","process":0,"f":"write","value":1}\n',
      ),
      fixture(
        "a.json",
        '[{"type":"invoke","process":0,"f":"write","value":1},{"type":"ok","process":0,"f":"write","value":1}]',
      ),
      fixture("a.log", "INFO  jepsen.util - 0\t:invoke\t:write\t1\nINFO  jepsen.util - 0\t:ok\t:write\t1\n"),
      good,
    ];
    const { code, out } = await check("cas-register", "--json", ...files);
    expect(code).toBe(0);
    expect(JSON.parse(out).files.map((file: { format: string }) => file.format)).toEqual([
      "json-lines",
      "elle-json",
      "porcupine-log",
      "jepsen-edn",
    ]);
  });

  it("prints a table of several files and takes the worst exit code", async () => {
    const all = await check("register", good, bad, good);
    expect(all.code).toBe(1);
    const lines = all.out.trimEnd().split("\n");
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^file +verdict +operations +ms$/);
    expect(lines[1]).toMatch(/good\.edn +valid +2 +[\d.]+ +2 operations/);
    expect(lines[2]).toMatch(/bad\.edn +invalid +2 /);
    expect(lines[4]).toBe("3 files: 2 valid, 1 invalid.");
    expect((await check("register", good, good)).code).toBe(0);
  });

  it("goes on after a file that cannot be read, and says so", async () => {
    const missing = join(folder, "missing.edn");
    const { code, out, err } = await check("register", missing, broken, good);
    expect(code).toBe(254);
    expect(err).toBe(
      `There is no file ${missing}.\nLine 2 of ${broken} is broken: a map's key process has no value.\n`,
    );
    expect(out).toContain("3 files: 1 valid, 2 unreadable.");
    expect((await check("register", broken, bad)).code).toBe(1);
    expect(await check("register", missing)).toMatchObject({ code: 254, out: "" });
  });

  it("says when the history is none of the model's", async () => {
    const { code, err } = await check("mutex", good);
    expect(code).toBe(254);
    expect(err).toMatch(/knows no operation/);
    const doubled = fixture("doubled.edn", edn("0 invoke write 1", "0 invoke write 2"));
    expect((await check("register", doubled)).err).toMatch(/Process 0 begins operation 1/);
  });

  it("leaves out an operation that was cut off, and says so", async () => {
    const torn = fixture("torn.edn", `${edn("0 invoke write 1", "0 ok write 1")}{:process 1, :ty`);
    const { code, err } = await check("register", torn);
    expect(code).toBe(0);
    expect(err).toBe(`${torn} ends in the middle of an operation at line 3; that operation is left out.\n`);
  });

  it("prints one JSON object", async () => {
    const { code, out, err } = await check("register", good, bad, broken, "--json");
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(JSON.parse(out)).toMatchObject({
      model: "register",
      valid: false,
      files: [
        { file: good, format: "jepsen-edn", operations: 2, valid: true, result: { valid: true } },
        { file: bad, valid: false, result: { failures: [{ operation: { completed: 3 } }] } },
        { file: broken, valid: "unknown", error: { code: "corrupt" } },
      ],
    });
  });

  it("explains", async () => {
    const { out } = await check("register", bad, "--explain");
    expect(out.split("\n").slice(1)).toEqual([
      "2 operations on one register are not linearizable. read → 2 by process 1 (#2–#3) is impossible at any moment: nobody wrote the value that it saw.",
      "",
      "A smallest contradiction, each of its operations needed:",
      "  #2–#3         process 1  read → 2",
      "",
      "The first operation that cannot be put in order:",
      "  #2–#3         process 1  read → 2",
      "One completion before it can; the last operations of one such order:",
      "  #0–#1         process 0  write 1",
      "",
      "What is possible just before it completes, and why nothing leads on:",
      "  1: it saw 2 while the value is 1",
      "",
    ]);
    const several = await check("register", good, bad, "--explain");
    expect(several.out).toContain(`\n${bad}\n`);
    expect((await check("set", unread, "--explain")).out).toContain('"attemptCount": 1');
    expect((await check("register", good, "--explain")).out).not.toContain("contradiction");
  });

  it("checks one key of many, by its own indices", async () => {
    const rows = (key: string, value: number, seen: number) =>
      `{:process 0, :type :invoke, :f :put, :key "${key}", :value "${value}"}
{:process 0, :type :ok, :f :put, :key "${key}", :value "${value}"}
{:process 0, :type :invoke, :f :get, :key "${key}", :value nil}
{:process 0, :type :ok, :f :get, :key "${key}", :value "${seen}"}
`;
    const file = fixture("kv.txt", rows("a", 1, 1) + rows("b", 1, 2));
    expect((await check("key-value", file)).code).toBe(1);
    expect((await check("key-value", file, "--key", "a")).code).toBe(0);
    const { code, out } = await check("key-value", file, "--key", "b", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out).files[0].result.failures[0].operation.completed).toBe(7);
    const none = await check("key-value", file, "--key", "c");
    expect(none).toMatchObject({ code: 254, err: `No operation of ${file} has the key c.\n` });
  });

  it("takes keys out of values, and checks other checkers key by key too", async () => {
    const rows = (key: number, seen: string) => [
      `0 invoke add [${key} 1]`,
      `0 ok add [${key} 1]`,
      `0 invoke read [${key} nil]`,
      `0 ok read [${key} ${seen}]`,
    ];
    const file = fixture("keyed.edn", edn(...rows(5, "[1]"), ...rows(6, "[]")));
    const { code, out } = await check("set", file, "--keyed-values", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out).files[0].result).toMatchObject({ keyCount: 2, failures: [6] });
    expect((await check("set", file, "--keyed-values", "--key", "5")).code).toBe(0);
  });

  it.each([
    [["nothing", good], /There is no model "nothing"; the models are register, cas-register/],
    [["register", good, "--timeout", "0"], /--timeout takes a number above 0, not "0"/],
    [["register", good, "--timeout", "soon"], /--timeout takes a number above 0, not "soon"/],
    [["register", good, "--memory", "-1"], /--memory takes a number above 0/],
    [["register", good, "--format", "csv"], /Allowed choices are json-lines/],
    [["register"], /missing required argument 'files'/],
    [["register", good, "--wat"], /unknown option '--wat'/],
  ])("refuses %j in one sentence", async (argv, sentence) => {
    await expect(check(...(argv as string[]))).rejects.toThrow(sentence);
  });

  it("lists every model, with no name twice", async () => {
    const names = checkModels.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name } of models)
      expect(names.some((known) => known === name || known === `linearizable-${name}`)).toBe(true);
    let help = "";
    const command = checkCommand().configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    for (const name of names) expect(help).toContain(`\n  ${name} `);
    expect(help).toContain("Exit codes:");
  });
});
