import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { analyzeCommand } from "../../src/cli/analyze-command.ts";
import { judge } from "../../src/cli/judge.ts";
import { readReplay } from "../../src/cli/replay.ts";
import { readOutcome, readRecord } from "../../src/store/store.ts";

const RECORD = {
  format: 1,
  name: "demo register",
  suite: "demo",
  workload: "register",
  nemesis: [],
  seed: 1,
  nodes: ["n1", "n2", "n3"],
  concurrency: 3,
  options: { timeLimit: 1, checkTime: 10, checkMemory: 64 },
  cluster: { kind: "none" },
  startDate: "2026-01-01T00:00:00.000Z",
  command: ["run", "demo"],
  versions: {},
  environment: { harness: "0", node: "v20", system: "Linux", cores: 1, memoryBytes: 1 },
};
const OUTCOME = { phases: [{ name: "main", ms: 1000, startMs: 3 }], interrupted: false, problems: [] };
const HISTORY = '{"index":0,"time":1,"type":"invoke","process":0,"f":"read","value":null,"key":0}\n';

/** A stored run with these files. */
async function stored(files: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "jepsen-ts-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const all = { "test.json": RECORD, "run.json": OUTCOME, "history.jsonl": HISTORY, ...files };
  for (const [name, value] of Object.entries(all))
    await writeFile(join(directory, name), typeof value === "string" ? value : JSON.stringify(value));
  return directory;
}

const LIMITS = { timeMs: 5000, memoryBytes: 64 << 20 };

it("a run without a name is not the latest one", async () => {
  const analyzing = analyzeCommand().parseAsync([""], { from: "user" });
  await expect(analyzing).rejects.toMatchObject({ code: "usage", message: expect.stringContaining("empty name") });
});

describe("a stored run whose files are damaged", () => {
  it.each<[string, unknown, string]>([
    ["test.json", "{", "or judge the history alone with `jepsen-ts check MODEL"],
    ["test.json", "null", "is damaged (must be an object, not null): restore it"],
    ["test.json", { ...RECORD, nodes: "n1" }, 'is damaged (nodes: must be a list, not "n1"): restore it'],
    ["test.json", { ...RECORD, format: 7 }, "has format 7, but this version reads format 1: use the version that"],
    [
      "test.json",
      { ...RECORD, options: { checkTime: "x" } },
      '(options.checkTime: must be a number, not "x"): restore',
    ],
    ["test.json", { ...RECORD, options: { bug: "x" } }, "(options.bug: must be one of stale-reads,"],
    ["run.json", "{", "restore it from a copy, or remove it, for the run to be judged without it."],
    ["run.json", "[]", "is damaged (must be an object, not [])"],
    ["run.json", {}, "is damaged (phases: must be a list, and is missing)"],
    ["run.json", { ...OUTCOME, interrupted: "no" }, 'is damaged (interrupted: must be true or false, not "no")'],
  ])("%s: %j is the user's to mend", async (name, value, sentence) => {
    const directory = await stored({ [name]: value });
    const analyzing = analyzeCommand().parseAsync([directory], { from: "user" });
    await expect(analyzing).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(sentence),
    });
    await expect(analyzing).rejects.toThrow(join(directory, name));
  });

  it("a history is named with its line, and is no run to be repeated either", async () => {
    const directory = await stored({ "history.jsonl": `${HISTORY}garbage\n${HISTORY}` });
    await expect(judge(directory, LIMITS, () => {})).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringMatching(/^Line 2 of .*history.jsonl is broken: .* keep only the lines before that one\.$/),
    });
    await expect(readReplay("store", directory, "demo")).rejects.toMatchObject({ code: "usage" });
  });

  it("is none when they are whole", async () => {
    const directory = await stored({});
    expect(await readRecord(directory)).toEqual(RECORD);
    expect(await readOutcome(directory)).toEqual(OUTCOME);
    expect(await judge(directory, LIMITS, () => {})).toHaveProperty("valid");
  });
});
