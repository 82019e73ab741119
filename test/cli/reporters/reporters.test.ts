import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reportedRun } from "../../../src/cli/reporters/reported-run.ts";
import { makeReporters, reportTo } from "../../../src/cli/reporters/reporters.ts";
import type { Judged } from "../../../src/cli/verdict-text.ts";
import { BAD } from "./runs.ts";
import { junitProblems, parseXml } from "./xml.ts";

let directory = "";
let said = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "jepsen-ts-reporters-"));
  said = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

describe("makeReporters", () => {
  it("takes several by commas and repeated, each once", async () => {
    const file = join(directory, "deep", "j.xml");
    expect(await makeReporters([])).toEqual([]);
    expect(await makeReporters([`junit=${file}, github`, "github"])).toHaveLength(2);
  });

  it.each(["html", "junit", "junit=", "github=x", "=", "junit:x"])("refuses %j", async (word) => {
    await expect(makeReporters([word])).rejects.toMatchObject({
      code: "usage",
      message: `--reporter takes junit=FILE and github, not "${word}".`,
    });
  });

  it("refuses a list without an entry", async () => {
    await expect(makeReporters(["", " , "])).rejects.toThrow("--reporter names nothing");
  });

  it("finds before the run that a file cannot be written", async () => {
    await writeFile(join(directory, "file"), "");
    for (const path of [directory, join(directory, "file", "j.xml")])
      await expect(makeReporters([`junit=${path}`])).rejects.toMatchObject({ code: "usage" });
  });
});

describe("reportTo", () => {
  it("writes JUnit's XML to the file, over what was there", async () => {
    const file = join(directory, "deep", "j.xml");
    const reporters = await makeReporters([`junit=${file}`]);
    await expect(stat(file)).rejects.toThrow();
    await reportTo(reporters, [BAD, BAD]);
    await reportTo(reporters, [BAD]);
    const root = parseXml(await readFile(file, "utf8"));
    expect(junitProblems(root)).toEqual([]);
    expect(root.children).toHaveLength(1);
  });

  it("annotates on stderr, and adds to the step's summary", async () => {
    const summary = join(directory, "summary.md");
    await writeFile(summary, "before\n");
    vi.stubEnv("GITHUB_STEP_SUMMARY", summary);
    await reportTo(await makeReporters(["github"]), [BAD]);
    expect(said).toMatch(/^::error title=.*\n::warning title=.*\n$/);
    expect(await readFile(summary, "utf8")).toMatch(/^before\n### ❌/);
  });

  it("leaves a full summary alone: GitHub would drop it whole", async () => {
    const summary = join(directory, "summary.md");
    await writeFile(summary, "x".repeat(1 << 20));
    vi.stubEnv("GITHUB_STEP_SUMMARY", summary);
    await reportTo(await makeReporters(["github"]), [BAD]);
    expect((await stat(summary)).size).toBe(1 << 20);
  });

  it("annotates also where no summary can be had", async () => {
    vi.stubEnv("GITHUB_STEP_SUMMARY", "");
    await reportTo(await makeReporters(["github"]), [BAD]);
    expect(said).toContain("::error");
  });

  it("says what went wrong, and goes on with the others", async () => {
    const seen: unknown[] = [];
    const broken = { report: () => Promise.reject(new Error("disk full")) };
    await reportTo([broken, { report: async (runs) => void seen.push(runs) }], [BAD]);
    expect(said).toBe("A report could not be written: disk full\n");
    expect(seen).toEqual([[BAD]]);
  });
});

describe("reportedRun", () => {
  const judged: Judged = {
    directory: "/store/run",
    record: {
      format: 1,
      name: "etcd register",
      suite: "etcd",
      workload: "register",
      nemesis: [],
      seed: 7,
      nodes: ["n1"],
      concurrency: 1,
      options: {},
      cluster: {},
      startDate: "2026-11-21T04:05:06.123Z",
      command: ["run", "etcd"],
      versions: {},
      environment: { harness: "0", node: "v20", system: "Linux", cores: 2, memoryBytes: 1 },
    },
    outcome: {
      phases: [
        { name: "main", ms: 1500 },
        { name: "heal", ms: 500 },
      ],
      interrupted: true,
      problems: ["p"],
      failure: { code: "stalled", message: "It stalled." },
    },
    results: {
      valid: false,
      summary: "bad",
      checkers: { stats: { valid: true, count: 3 }, workload: { valid: false, summary: "wrong" } },
    },
  };

  it("says what is known of a judged run", () => {
    expect(reportedRun(judged, 1)).toMatchObject({
      name: "etcd register",
      valid: false,
      exitCode: 1,
      checks: [
        { name: "stats", valid: true },
        { name: "workload", valid: false, summary: "wrong" },
      ],
      failure: "It stalled.",
      interrupted: true,
      problems: ["p"],
      seconds: 2,
      again: "jepsen-ts run etcd --seed 7",
    });
  });

  it("makes do with a verdict alone", () => {
    const { directory: where, record: what } = judged;
    expect(reportedRun({ directory: where, record: what, results: { valid: "unknown" } }, 2)).toMatchObject({
      valid: "unknown",
      checks: [],
      problems: [],
      interrupted: false,
      seconds: 0,
    });
  });
});
