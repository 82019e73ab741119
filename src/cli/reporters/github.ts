import type { Verdict } from "../../test.ts";
import type { ReportedRun } from "./reported-run.ts";

/** GitHub shows ten annotations of each kind for a step, and drops the others. */
const ANNOTATIONS_MAX = 10;
const MESSAGE_LENGTH_MAX = 4 << 10;

/** What GitHub takes as the summary of one step; a bigger file is dropped whole. */
export const SUMMARY_BYTES_MAX = 1 << 20;

/** The value of a workflow command, escaped as GitHub's toolkit does it. */
export function escapeData(value: string): string {
  return value.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** The value of a workflow command's property. */
export function escapeProperty(value: string): string {
  return escapeData(value).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

interface Annotation {
  readonly kind: "error" | "warning";
  readonly title: string;
  readonly message: string;
}

/** Annotations as workflow commands, one a line: an error for whatever is invalid or failed, a warning for what is unknown. */
export function annotations(runs: readonly ReportedRun[]): readonly string[] {
  const all = runs.flatMap(annotationsOf);
  return (["error", "warning"] as const).flatMap((kind) => {
    const found = all.filter((annotation) => annotation.kind === kind);
    const shown = found.length > ANNOTATIONS_MAX ? found.slice(0, ANNOTATIONS_MAX - 1) : found;
    const left = found.length - shown.length;
    const more: Annotation[] =
      left > 0 ? [{ kind, title: "jepsen-ts", message: `and ${left} more: see the summary` }] : [];
    return [...shown, ...more].map(
      ({ title, message }) => `::${kind} title=${escapeProperty(title)}::${escapeData(message)}`,
    );
  });
}

function annotationsOf(run: ReportedRun): readonly Annotation[] {
  const again = run.again === undefined ? "" : `\nagain: ${run.again}`;
  const make = (kind: Annotation["kind"], what: string, message: string): Annotation => {
    const short = message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX)} …` : message;
    return { kind, title: `${run.name}: ${what}`, message: `${short}${again}` };
  };
  const checks = run.checks.length > 0 ? run.checks : [{ ...run, name: "verdict" }];
  const found = checks.flatMap(({ name, valid, summary }) => {
    if (valid === true) return [];
    const message = summary ?? run.failure ?? "No reason was given.";
    return [
      valid === false ? make("error", `${name} is invalid`, message) : make("warning", `${name} is unknown`, message),
    ];
  });
  if (run.failure !== undefined) found.push(make("error", "the harness failed", run.failure));
  if (run.interrupted) found.push(make("warning", "interrupted", "Stopped before its end."));
  return found;
}

const MARKS: readonly (readonly [Verdict, string])[] = [
  [true, "✅ valid"],
  [false, "❌ **invalid**"],
  ["unknown", "⚠️ unknown"],
];

function mark(valid: Verdict): string {
  return MARKS.find(([verdict]) => verdict === valid)?.[1] ?? "";
}

/** Plain text in Markdown: whatever could be markup is escaped, and it stays on one line. */
export function markdownText(value: string): string {
  return value.replaceAll(/[\\`*_{}[\]()#+\-.!|<>~@&:$^="']/g, "\\$&").replaceAll(/\s*[\r\n]+\s*/g, " ");
}

/** Text as code in Markdown: fenced by more backticks than it holds. */
function markdownCode(value: string): string {
  const longest = Math.max(0, ...[...value.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence} ${value.replaceAll(/[\r\n]+/g, " ")} ${fence}`;
}

/** Runs as a Markdown page for the summary of a step, of at most `bytesMax` bytes. */
export function summaryMarkdown(runs: readonly ReportedRun[], bytesMax: number): string {
  const cut = "\n… cut off: GitHub takes 1 MiB.\n";
  let page = "";
  for (const block of runs.map(runMarkdown)) {
    if (Buffer.byteLength(page) + Buffer.byteLength(block) + Buffer.byteLength(cut) > bytesMax)
      return Buffer.byteLength(page) + Buffer.byteLength(cut) > bytesMax ? "" : page + cut;
    page += block;
  }
  return page;
}

function runMarkdown(run: ReportedRun): string {
  const short = (value: string) => markdownText(value.slice(0, MESSAGE_LENGTH_MAX));
  const lines = [
    `### ${mark(run.valid)} — ${markdownText(run.name)}`,
    "",
    ...(run.summary === undefined ? [] : [short(run.summary), ""]),
    ...(run.failure === undefined ? [] : [`The harness failed\\: ${short(run.failure)}`, ""]),
    ...(run.interrupted ? ["Interrupted before its end.", ""] : []),
    ...(run.checks.length === 0 ? [] : ["| check | verdict | |", "| --- | --- | --- |"]),
    ...run.checks.map(
      (check) => `| ${markdownText(check.name)} | ${mark(check.valid)} | ${short(check.summary ?? "")} |`,
    ),
    ...(run.checks.length === 0 ? [] : [""]),
    ...run.problems.flatMap((problem) => [`- beside it: ${short(problem)}`]),
    ...(run.problems.length === 0 ? [] : [""]),
    ...(run.again === undefined ? [] : [`Again: ${markdownCode(run.again)}`, ""]),
    ...(run.report === undefined ? [] : [`Report: ${markdownCode(run.report)}`, ""]),
  ];
  return `${lines.join("\n")}\n`;
}
