import { join } from "node:path";
import { shellCommand } from "../control/argv.ts";
import type { RunOutcome, RunRecord } from "../store/run-record.ts";
import { FILES, shownPath } from "../store/store.ts";
import type { Result, Verdict } from "../test.ts";
import { colors } from "./colors.ts";
import { againCommand } from "./judge.ts";

/** A run and what came of it. */
export interface Judged {
  readonly directory: string;
  readonly record: RunRecord;
  readonly outcome?: RunOutcome;
  readonly results: Result;
}

/** The verdict as a word. */
export function verdictWord(valid: Verdict): string {
  if (valid === "unknown") return colors.out.yellow.bold("unknown");
  return valid ? colors.out.green.bold("valid") : colors.out.red.bold("INVALID");
}

function operations(results: Result): string | undefined {
  const stats = (results.checkers as Record<string, Result> | undefined)?.stats as
    | { count?: number; okCount?: number; failCount?: number; infoCount?: number }
    | undefined;
  if (stats?.count === undefined) return undefined;
  return `${stats.count} operations: ${stats.okCount} ok, ${stats.failCount} fail, ${stats.infoCount} info`;
}

/** The result on stdout: the verdict, why, and where to look; the last line repeats the run. */
export function printVerdict({ directory, record, outcome, results }: Judged): void {
  const faults = (results.checkers as Record<string, Result> | undefined)?.faults?.summary;
  const lines = [
    `${verdictWord(results.valid)}  ${record.name}`,
    ...(results.summary === undefined ? [] : [results.summary]),
    ...(operations(results) === undefined ? [] : [`  ${operations(results)}`]),
    // where the faults decided, the summary has said it already
    ...(faults === undefined || record.nemesis.length === 0 || results.summary?.includes(faults)
      ? []
      : [`  ${faults}`]),
    ...(outcome?.failure ? [colors.out.red(`  The harness failed: ${outcome.failure.message}`)] : []),
    ...(outcome?.problems ?? []).map((problem) => `  ${colors.out.yellow("beside it")}: ${problem}`),
    `  report  ${shownPath(join(directory, FILES.report))}`,
    `  again   ${shellCommand(againCommand(record))}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
