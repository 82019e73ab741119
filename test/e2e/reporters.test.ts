/** Reporters at the end of real runs. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { junitProblems, parseXml, type XmlElement } from "../cli/reporters/xml.ts";
import { cli, folder } from "./cli.ts";

const SHORT = ["--time-limit", "1", "--settle", "0"];
const BOTH = ["--reporter", "junit=out/junit.xml", "--reporter", "github"];

async function place() {
  const cwd = await folder();
  const summary = join(cwd, "summary.md");
  return {
    cwd,
    env: { GITHUB_STEP_SUMMARY: summary },
    junit: async (): Promise<XmlElement> => parseXml(await readFile(join(cwd, "out", "junit.xml"), "utf8")),
    summary: () => readFile(summary, "utf8"),
  };
}

describe("run", () => {
  test("writes what it was asked to, and keeps stdout for the result", async () => {
    const at = await place();
    const done = await cli(["run", "demo", ...SHORT, "--seed", "7", "--json", ...BOTH], at);
    const root = await at.junit();
    expect(junitProblems(root)).toEqual([]);
    expect(root.children[0]?.attributes.name).toMatch(/^demo/);
    const { valid, results } = JSON.parse(done.stdout);
    const cases = root.children[0]?.children
      .filter(({ name }) => name === "testcase")
      .map(({ attributes }) => attributes.name);
    expect(cases).toEqual([...Object.keys(results.checkers), "harness"]);
    expect(Number(root.attributes.failures) > 0).toBe(valid === false);
    expect(await at.summary()).toMatch(/^### .*demo[\s\S]*seed 7/);
    expect(/^::(error|warning) /m.test(done.stderr)).toBe(valid !== true);
  });

  test("reports also what never began", async () => {
    const at = await place();
    const done = await cli(["run", "demo", "--store", "/proc/nowhere", ...BOTH], at);
    expect(done).toMatchObject({ code: 254, stdout: "" });
    const root = await at.junit();
    expect(junitProblems(root)).toEqual([]);
    expect(root.attributes).toMatchObject({ tests: "2", failures: "0", errors: "2" });
    expect(done.stderr).toMatch(/^::error title=demo .*%3A the harness failed::/m);
    expect(await at.summary()).toContain("The harness failed");
  });

  test("refuses a reporter that does not exist before anything begins", async () => {
    const at = await place();
    const done = await cli(["run", "demo", "--reporter", "xunit=x.xml"], at);
    expect(done).toMatchObject({ code: 254, stdout: "" });
    expect(done.stderr).toContain("--reporter takes junit=FILE and github");
  });
});

test("test-all reports all its runs as one", async () => {
  const at = await place();
  const done = await cli(
    ["test-all", "demo", "--workloads", "register", "--seeds", "1..3", ...SHORT, ...BOTH, "--json"],
    at,
  );
  const { runs } = JSON.parse(done.stdout);
  const root = await at.junit();
  expect(junitProblems(root)).toEqual([]);
  expect(runs).toHaveLength(3);
  expect(root.children).toHaveLength(runs.length);
  const seeds = root.children.map(
    (suite) => suite.children[0]?.children.find((each) => each.attributes.name === "seed")?.attributes.value,
  );
  expect(new Set(seeds)).toEqual(new Set(["1", "2", "3"]));
  expect((await at.summary()).match(/^### /gm)).toHaveLength(runs.length);
});
