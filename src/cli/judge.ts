import { stat } from "node:fs/promises";
import { join } from "node:path";
import { writeReport } from "../../reports/report.ts";
import { shellCommand } from "../control/argv.ts";
import { messageOf } from "../errors.ts";
import { loadHistory } from "../history/json-lines.ts";
import type { Op } from "../history/op.ts";
import { replaceJson } from "../store/atomic-file.ts";
import type { RunRecord } from "../store/run-record.ts";
import { FILES, readOutcome, readRecord, runFiles, shownPath } from "../store/store.ts";
import type { Band, CheckContext, Result } from "../test.ts";
import { makePlan } from "./plan.ts";
import { findSuite } from "./suites.ts";

/** How much checking may use: the record's own limits, or the flags of `analyze`. */
export interface JudgeLimits {
  readonly timeMs: number;
  readonly memoryBytes: number;
}

const MIB = 1 << 20;

/** The limits that a run was started with. */
export function recordedLimits(record: RunRecord): JudgeLimits {
  return { timeMs: Number(record.options.checkTime) * 1000, memoryBytes: Number(record.options.checkMemory) * MIB };
}

/** The command line that runs the same test again. */
export function againCommand(record: RunRecord): readonly string[] {
  const given = record.command.includes("--seed") || record.command.some((word) => word.startsWith("--seed="));
  return ["jepsen-ts", ...record.command, ...(given ? [] : ["--seed", String(record.seed)])];
}

/**
 * Judges a stored run: rebuilds the test from test.json, checks history.jsonl, and writes results.json. A run and a
 * later `analyze` both come here, in a process of their own.
 */
export async function judge(directory: string, limits: JudgeLimits): Promise<Result> {
  const record = await readRecord(directory);
  const { suite } = await findSuite(record.suite);
  const { nodes, concurrency, options, workload, nemesis, name } = record;
  const { checker, packages } = makePlan({ suite, workload, nemesis, nodes, concurrency, options });
  const history = await historyOf(directory);
  const context: CheckContext = { name, nodes, concurrency, options, directory };
  const results =
    history.length === 0
      ? { valid: "unknown" as const, summary: "Nothing was checked: the run ended before its first operation." }
      : await checker.check(context, history, limits);
  await replaceJson(join(directory, FILES.results), results);
  await report(
    directory,
    record,
    history,
    results,
    packages.flatMap((each) => each.bands),
  );
  return results;
}

/** Writes results.json and the report for a verdict that was reached without the checker: it ran out of its bounds. */
export async function recordUnjudged(directory: string, summary: string): Promise<Result> {
  const record = await readRecord(directory);
  const results: Result = { valid: "unknown", summary };
  await replaceJson(join(directory, FILES.results), results);
  await report(directory, record, [], results, []);
  return results;
}

async function historyOf(directory: string): Promise<readonly Op[]> {
  const path = join(directory, FILES.history);
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there ? (await loadHistory(path)).history : [];
}

async function report(
  directory: string,
  record: RunRecord,
  history: readonly Op[],
  results: Result,
  bands: readonly Band[],
): Promise<void> {
  const outcome = await readOutcome(directory);
  const names = (await runFiles(directory)).filter((path) => path !== FILES.report);
  const files = await Promise.all(
    names.map(async (path) => ({ path, bytes: (await stat(join(directory, path))).size })),
  );
  try {
    await writeReport({
      directory,
      record,
      ...(outcome ? { outcome } : {}),
      history,
      results,
      bands,
      files,
      commands: {
        run: shellCommand(againCommand(record)),
        analyze: shellCommand(["jepsen-ts", "analyze", shownPath(directory)]),
      },
    });
  } catch (error) {
    // the verdict must not be lost because a page could not be drawn
    process.stderr.write(`The report could not be written: ${messageOf(error)}\n`);
  }
}
