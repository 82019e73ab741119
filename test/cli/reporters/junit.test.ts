import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { junitXml } from "../../../src/cli/reporters/junit.ts";
import { BAD, GOOD, INTERRUPTED, UNSTARTED } from "./runs.ts";
import { junitProblems, parseXml, type XmlElement } from "./xml.ts";

const parsed = (...runs: Parameters<typeof junitXml>[0]) => parseXml(junitXml(runs));
const cases = (suite: XmlElement | undefined) => suite?.children.filter((child) => child.name === "testcase") ?? [];
const outcomes = (suite: XmlElement | undefined) =>
  Object.fromEntries(
    cases(suite).map(({ attributes, children }) => [
      attributes.name,
      children[0] ? `${children[0].name} ${children[0].attributes.type}` : "passed",
    ]),
  );

describe("junitXml", () => {
  it("fits the common schema, for every kind of run", () => {
    expect(junitProblems(parsed(BAD, GOOD, UNSTARTED, INTERRUPTED))).toEqual([]);
    expect(junitProblems(parsed())).toEqual([]);
  });

  it("invalid is a failure, unknown an error, and so is what befell the harness", () => {
    const [bad, good, unstarted, interrupted] = parsed(BAD, GOOD, UNSTARTED, INTERRUPTED).children;
    expect(outcomes(bad)).toEqual({
      stats: "passed",
      workload: "failure invalid",
      faults: "error unknown",
      harness: "passed",
    });
    expect(outcomes(good)).toEqual({ workload: "passed", harness: "passed" });
    expect(outcomes(unstarted)).toEqual({ verdict: "error unknown", harness: "error harness" });
    expect(outcomes(interrupted)).toEqual({ workload: "passed", harness: "error interrupted" });
  });

  it("counts them, over all runs too", () => {
    const root = parsed(BAD, GOOD, UNSTARTED, INTERRUPTED);
    expect(root.attributes).toMatchObject({ tests: "10", failures: "1", errors: "4" });
    expect(root.children[0]?.attributes).toMatchObject({
      name: "etcd register partition",
      tests: "4",
      failures: "1",
      errors: "1",
      time: "12.346",
      timestamp: "2026-11-21T04:05:06",
    });
  });

  it("keeps sentences as they are, in text and in attributes", () => {
    const failure = cases(parsed(BAD).children[0])[1]?.children[0];
    expect(failure?.text).toBe(BAD.checks[1]?.summary);
    expect(failure?.attributes.message).toBe(BAD.checks[1]?.summary?.split("\n")[0]);
  });

  it("has the seed, the command that runs it again, and the report as an attachment", () => {
    const [suite] = parsed(BAD).children;
    const properties = suite?.children[0]?.children.map(({ attributes }) => [attributes.name, attributes.value]);
    expect(Object.fromEntries(properties ?? [])).toMatchObject({ seed: "7", again: BAD.again, exitCode: "1" });
    const out = suite?.children.find((child) => child.name === "system-out")?.text;
    expect(out).toContain("[[ATTACHMENT|store/latest/report.html]]");
    expect(out).toContain("beside it: Log of n1: not\tthere");
  });

  it("is well-formed whatever the sentences hold, control characters and broken surrogates too", () => {
    const nasty = fc.string({
      unit: fc.oneof(
        fc.constantFrom(
          "<",
          ">",
          "&",
          '"',
          "'",
          "]]>",
          "\0",
          "\u001b",
          "\r",
          "\n",
          "\t",
          "\ud800",
          "\udc00",
          "\ufffe",
          "𝄞",
        ),
        fc.string({ unit: "binary", maxLength: 3 }),
      ),
    });
    fc.assert(
      fc.property(nasty, nasty, (summary, name) => {
        const run = {
          ...BAD,
          name: `x${name}`,
          summary,
          problems: [summary],
          checks: [{ name: `c${name}`, valid: false, summary }],
        } as const;
        expect(junitProblems(parsed(run))).toEqual([]);
      }),
    );
  });

  it("stays small when a sentence does not", () => {
    expect(junitXml([{ ...BAD, summary: "x".repeat(10 << 20) }]).length).toBeLessThan(200_000);
  });
});

describe("the check itself", () => {
  it.each([
    ["a wrong count", '<testsuites><testsuite name="a" tests="2"/></testsuites>', /tests is not 0/],
    ["no name", '<testsuites><testsuite tests="0"/></testsuites>', /no name/],
    [
      "a wrong order",
      '<testsuites><testsuite name="a" tests="0"><system-out/><properties/></testsuite></testsuites>',
      /children system-out properties/,
    ],
    [
      "two system-outs",
      '<testsuites><testsuite name="a" tests="0"><system-out/><system-out/></testsuite></testsuites>',
      /too many/,
    ],
    ["an unknown attribute", '<testsuites colour="red"/>', /colour/],
  ])("finds %s", (_what, xml, problem) => {
    expect(junitProblems(parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`)).join()).toMatch(problem);
  });

  it.each(["<a>", "<a></b>", "<a>&</a>", '<a b="<"/>', "<a/><a/>", "<a>\u0001</a>", "<a>]]></a>", '<a b="1" b="2"/>'])(
    "refuses %j",
    (xml) => {
      expect(() => parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`)).toThrow();
    },
  );
});
