import { describe, expect, test } from "vitest";
import { adviceOf, judgementOf } from "../../reports/judgement.ts";
import { pageModelOf } from "../../reports/page-model.ts";
import type { ReportInput } from "../../reports/report-input.ts";
import type { Verdict } from "../../src/test.ts";
import { crashedRun, emptyRun, staleReadRun, unknownRun, validRun } from "./sample-runs.ts";

const failure = { code: "connect", message: "n3 is gone." };
const base = emptyRun("/run");
const quiet = { phases: [], interrupted: false, problems: [] };

function input(valid: Verdict | undefined, outcome: ReportInput["outcome"]): ReportInput {
  const { results: _, outcome: __, ...rest } = base;
  const results = valid !== undefined && {
    results: { valid, checkers: { a: { valid: true, summary: "A." }, b: { valid, summary: "B." }, c: { valid } } },
  };
  return { ...rest, ...results, ...(outcome && { outcome }) } as ReportInput;
}

describe("judgementOf", () => {
  test("says why in the words of the checkers that decided", () => {
    expect(judgementOf(input(false, quiet))).toMatchObject({
      tone: "invalid",
      title: "Invalid",
      sentence: "B. c gave no reason.",
      besides: [],
    });
    expect(judgementOf(input("unknown", quiet))).toMatchObject({ tone: "unknown", sentence: "B. c gave no reason." });
    expect(judgementOf(input(true, quiet))).toMatchObject({
      tone: "valid",
      sentence: "Nothing that was checked was violated.",
    });
  });

  test("puts a violation before a harness failure, that before an interruption, that before anything else", () => {
    const troubled = { ...quiet, failure, interrupted: true };
    expect(judgementOf(input(false, troubled))).toMatchObject({
      title: "Invalid",
      besides: ["The harness failed: n3 is gone.", "The run was interrupted before its time was over."],
    });
    expect(judgementOf(input(true, troubled))).toMatchObject({
      title: "Harness failure",
      besides: [
        "The run was interrupted before its time was over.",
        "What was recorded before that is valid. Nothing that was checked was violated.",
      ],
    });
    expect(judgementOf(input("unknown", { ...quiet, interrupted: true })).title).toBe("Interrupted");
    expect(judgementOf(input(undefined, { ...quiet, interrupted: true })).title).toBe("Interrupted");
  });

  test("tells of a run whose control process died, and of one that was never checked", () => {
    const { title, besides } = judgementOf(input(true, undefined));
    expect([title, besides.length]).toEqual(["Valid", 1]);
    expect(judgementOf(input(undefined, quiet))).toMatchObject({ title: "Not checked", besides: [] });
  });
});

describe("adviceOf", () => {
  const adviceFor = async (run: ReportInput) => {
    const { judgement, contradictions, faults } = await pageModelOf(run);
    return adviceOf(run, judgement, contradictions, faults);
  };

  test("leads from a violation to its contradiction and the nodes' logs", async () => {
    const [first, second] = await adviceFor(staleReadRun("/run"));
    expect(first).toMatchObject({ anchor: { id: "contradiction" } });
    expect(first?.text).toMatch(/^Read the 3 operations that cannot all be true \(key \d+\)\.$/);
    expect(second?.text).toMatch(/n4/);
  });

  test("tells of logs only where there are some", async () => {
    const run = staleReadRun("/run");
    const files = run.files.filter(({ path }) => !path.includes("/"));
    const advice = await adviceFor({ ...run, files });
    expect(advice[1]).toMatchObject({ anchor: { id: "timeline" } });
    expect(advice.map(({ text }) => text).join()).not.toContain("logs");
  });

  test("names the faults that were not proven", async () => {
    const [first] = await adviceFor(unknownRun("/run"));
    expect(first?.text).toMatch(/\(partition\)/);
  });

  test("offers to check what was recorded only when something was", async () => {
    const commands = async (run: ReportInput) => (await adviceFor(run)).map(({ command }) => command).filter(Boolean);
    expect(await commands(crashedRun("/run"))).toHaveLength(1);
    expect(await commands(emptyRun("/run"))).toEqual([]);
  });

  test("does not call a valid run proven", async () => {
    const [first, second] = await adviceFor(validRun("/run"));
    expect(first?.text).toMatch(/not proof/);
    expect(second?.text).toMatch(/^2 faults were proven/);
  });
});
