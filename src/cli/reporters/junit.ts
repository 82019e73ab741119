import type { ReportedRun } from "./reported-run.ts";

const TEXT_LENGTH_MAX = 64 << 10;

interface TestCase {
  readonly name: string;
  /** failure: the system under test is to blame · error: there is no verdict, for this reason. */
  readonly outcome?: { readonly kind: "failure" | "error"; readonly type: string; readonly message: string };
}

/**
 * Runs as JUnit's XML, the form that build servers read: a suite for each run, a case for each checker and one for
 * the harness itself. Invalid is a failure; unknown, a failed harness and an interruption are errors.
 */
export function junitXml(runs: readonly ReportedRun[]): string {
  const suites = runs.map((run) => ({ run, cases: casesOf(run) }));
  const all = suites.flatMap(({ cases }) => cases);
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="jepsen-ts"${counts(all)} time="${seconds.toFixed(3)}">`,
    ...suites.flatMap(({ run, cases }) => suiteXml(run, cases)),
    "</testsuites>",
    "",
  ].join("\n");
}

function casesOf(run: ReportedRun): readonly TestCase[] {
  const checks = run.checks.length > 0 ? run.checks : [{ ...run, name: "verdict" }];
  const cases = checks.map(({ name, valid, summary }): TestCase => {
    if (valid === true) return { name };
    const message = summary ?? run.failure ?? "No reason was given.";
    return valid === false
      ? { name, outcome: { kind: "failure", type: "invalid", message } }
      : { name, outcome: { kind: "error", type: "unknown", message } };
  });
  const harness: TestCase = { name: "harness" };
  if (run.failure !== undefined)
    return [...cases, { ...harness, outcome: { kind: "error", type: "harness", message: run.failure } }];
  if (run.interrupted)
    return [
      ...cases,
      { ...harness, outcome: { kind: "error", type: "interrupted", message: "Stopped before its end." } },
    ];
  return [...cases, harness];
}

function suiteXml(run: ReportedRun, cases: readonly TestCase[]): readonly string[] {
  const date = run.startDate === undefined ? "" : ` timestamp="${attribute(run.startDate.replace(/\.\d+Z?$|Z$/, ""))}"`;
  const properties = Object.entries({ seed: run.seed, again: run.again, exitCode: run.exitCode }).filter(
    ([, value]) => value !== undefined,
  );
  const said = [
    ...(run.summary === undefined ? [] : [run.summary]),
    ...run.problems.map((problem) => `beside it: ${problem}`),
    ...(run.again === undefined ? [] : [`again: ${run.again}`]),
    ...(run.report === undefined ? [] : [`[[ATTACHMENT|${run.report}]]`]),
  ];
  const className = attribute([run.suite.replace(/.*\//, ""), run.workload].filter((word) => word !== "").join("."));
  return [
    `  <testsuite name="${attribute(run.name)}"${counts(cases)} time="${run.seconds.toFixed(3)}"${date}>`,
    "    <properties>",
    ...properties.map(([name, value]) => `      <property name="${name}" value="${attribute(String(value))}"/>`),
    "    </properties>",
    ...cases.flatMap((each) => caseXml(each, className)),
    `    <system-out>${text(said.join("\n"))}</system-out>`,
    "  </testsuite>",
  ];
}

function caseXml({ name, outcome }: TestCase, className: string): readonly string[] {
  const open = `    <testcase name="${attribute(name)}" classname="${className}" time="0.000"`;
  if (!outcome) return [`${open}/>`];
  const { kind, message, type } = outcome;
  const first = attribute(message.split("\n")[0] ?? "");
  return [`${open}>`, `      <${kind} message="${first}" type="${type}">${text(message)}</${kind}>`, "    </testcase>"];
}

function counts(cases: readonly TestCase[]): string {
  const count = (kind: "failure" | "error") => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  return ` tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}"`;
}

/** Text content: markup characters escaped, and what XML 1.0 cannot hold at all shown as U+FFFD. */
function text(value: string): string {
  const short = value.length > TEXT_LENGTH_MAX ? `${value.slice(0, TEXT_LENGTH_MAX)} … (cut off)` : value;
  return short
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;"); // parsers turn a bare one into a newline
}

/** An attribute's value: quotes and white space too, which parsers would turn into blanks. */
function attribute(value: string): string {
  return text(value).replaceAll('"', "&quot;").replaceAll("\t", "&#9;").replaceAll("\n", "&#10;");
}
