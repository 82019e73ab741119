/** What `check` prints. */
import type { Failure, LinearizableResult, OperationView } from "../checker/linearizable/result.ts";
import type { HistoryFormat } from "../history/readers/detect.ts";
import type { Result, Verdict } from "../test.ts";
import { colors } from "./colors.ts";

/** What became of one file. */
export interface FileResult {
  readonly file: string;
  /** Absent when it could not be read. */
  readonly format?: HistoryFormat;
  /** Invocations of clients. */
  readonly operations?: number;
  /** Milliseconds for reading, and for checking. */
  readonly readMs?: number;
  readonly checkMs?: number;
  readonly valid: Verdict;
  readonly summary: string;
  /** Why it could not be read. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly result?: Result;
}

const SUMMARY_CHARACTERS_MAX = 100;
const STATES_MAX = 5;

/** The verdict as a word. */
export function verdictWord({ valid, error }: Pick<FileResult, "valid" | "error">): string {
  if (error !== undefined) return "unreadable";
  return valid === true ? "valid" : valid === false ? "invalid" : "unknown";
}

/** The result of one file in a few lines. */
export function describeFile(file: FileResult): string {
  return `${file.file}: ${colored(file, verdictWord(file))}\n${file.summary}\n`;
}

/** The results of several files as a table, and a line that sums up. */
export function describeTable(files: readonly FileResult[]): string {
  const rows = files.map((file) => [
    file.file,
    verdictWord(file),
    file.operations === undefined ? "" : String(file.operations),
    file.checkMs === undefined ? "" : file.checkMs.toFixed(1),
    cut(file.summary),
  ]);
  const heads = ["file", "verdict", "operations", "ms", ""];
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => (row[i] as string).length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) =>
        i === 2 || i === 3 ? cell.padStart(widths[i] as number) : i === 4 ? cell : cell.padEnd(widths[i] as number),
      )
      .join("  ")
      .trimEnd();
  const body = files.map((file, i) => {
    const text = line(rows[i] as string[]);
    const word = verdictWord(file);
    // Colours have no width: they are put in once the columns stand.
    const at = (widths[0] as number) + 2;
    return text.slice(0, at) + colored(file, word) + text.slice(at + word.length);
  });
  const count = (word: string) => files.filter((file) => verdictWord(file) === word).length;
  const counts = ["valid", "invalid", "unknown", "unreadable"]
    .filter((word) => count(word) > 0)
    .map((word) => `${count(word)} ${word}`);
  return `${colors.out.dim(line(heads))}\n${body.join("\n")}\n${files.length} files: ${counts.join(", ")}.\n`;
}

/** Everything that is known about why a file is not valid. */
export function explainFile(file: FileResult, isLinearizable: boolean): string {
  if (file.result === undefined || file.valid === true) return "";
  if (!isLinearizable) return `${JSON.stringify(file.result, undefined, 2)}\n`;
  const { failures = [], undecided = [] } = file.result as LinearizableResult;
  const unsure = undecided.map(
    ({ key, sentence }) => `${key === null ? "" : `Key ${JSON.stringify(key)}: `}${sentence}\n`,
  );
  return [...failures.map((failure) => explainFailure(failure, file.summary)), ...unsure].join("\n");
}

/** `summary`: what was said already. */
function explainFailure(failure: Failure, summary: string): string {
  const { sentence, operation, exact, prefix, states, contradiction } = failure;
  const lines: string[] = [];
  if (!summary.endsWith(sentence)) lines.push(sentence, "");
  if (contradiction !== undefined) {
    const { operations, minimal } = contradiction;
    if (!sentence.endsWith(contradiction.sentence)) lines.push(contradiction.sentence);
    lines.push(minimal ? "A smallest contradiction, each of its operations needed:" : "A contradiction:");
    lines.push(...operations.map(view), "");
  }
  const at = exact ? "The first operation that cannot be put in order:" : "It cannot be put in order, here or before:";
  lines.push(at, view(operation));
  if (prefix.last.length > 0) {
    const before = prefix.completions === 1 ? "One completion" : `${prefix.completions} completions`;
    lines.push(`${before} before it can; the last operations of one such order:`);
    lines.push(...prefix.last.map(view));
  }
  if (states.length > 0) lines.push("", "What is possible just before it completes, and why nothing leads on:");
  for (const { state, reason, continuations } of states.slice(0, STATES_MAX)) {
    lines.push(`  ${state}: ${reason}`);
    for (const { operation: other, reason: why } of continuations) lines.push(`  ${view(other)}: ${why}`);
  }
  if (states.length > STATES_MAX) lines.push(`  and ${states.length - STATES_MAX} more (--json has them)`);
  return `${lines.join("\n")}\n`;
}

function view({ invoked, completed, process, text }: OperationView): string {
  return `  ${`#${invoked}–#${completed ?? "?"}`.padEnd(12)}  process ${process}  ${text}`;
}

function colored(file: FileResult, text: string): string {
  const { green, red, yellow } = colors.out;
  const word = verdictWord(file);
  return (word === "valid" ? green : word === "unknown" ? yellow : red)(text);
}

function cut(text: string): string {
  const line = text.split("\n", 1)[0] as string;
  return line.length <= SUMMARY_CHARACTERS_MAX ? line : `${line.slice(0, SUMMARY_CHARACTERS_MAX - 1)}…`;
}
