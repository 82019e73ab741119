import { stat } from "node:fs/promises";
import { join } from "node:path";
import { writeReport } from "../../reports/report.ts";
import { shellCommand } from "../control/argv.ts";
import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import { loadHistory } from "../history/json-lines.ts";
import type { Op } from "../history/op.ts";
import { replaceJson } from "../store/atomic-file.ts";
import type { RunRecord } from "../store/run-record.ts";
import { FILES, readOutcome, readRecord, runFiles, shownPath } from "../store/store.ts";
import type { Band, CheckContext, Result, Verdict } from "../test.ts";
import { recordedPlan } from "./recorded-run.ts";
import { runOptions } from "./run-options.ts";

/** What the judging process tells the one that started it, as it goes. */
export type JudgeMessage =
  | { readonly at: "checking" }
  | { readonly at: "part"; readonly name: string; readonly valid: Verdict; readonly summary: string }
  | { readonly at: "judged" }
  /** A file of the run cannot be read. */
  | { readonly at: "damaged"; readonly sentence: string };

/** How much checking may use: the record's own limits, or the flags of `analyze`. */
export interface JudgeLimits {
  readonly timeMs: number;
  readonly memoryBytes: number;
}

const MIB = 1 << 20;

/** The limits that a run was started with. */
export function recordedLimits(record: RunRecord): JudgeLimits {
  const { checkTime, checkMemory } = runOptions.pick({ checkTime: true, checkMemory: true }).parse(record.options);
  return { timeMs: checkTime * 1000, memoryBytes: checkMemory * MIB };
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
export async function judge(
  directory: string,
  limits: JudgeLimits,
  tell: (message: JudgeMessage) => void,
): Promise<Result> {
  const record = await readRecord(directory);
  const { nodes, concurrency, options, name } = record;
  const { checker, packages } = await recordedPlan(directory, record);
  const history = await historyOf(directory);
  const context: CheckContext = { name, nodes, concurrency, options, directory };
  tell({ at: "checking" });
  const report = (name: string, { valid, summary = "" }: Result) => tell({ at: "part", name, valid, summary });
  const found =
    history.length === 0
      ? { valid: "unknown" as const, summary: "Nothing was checked: the run ended before its first operation." }
      : await checker.check(context, history, { ...limits, report });
  const results = await writeResults(directory, found);
  tell({ at: "judged" });
  await draw(
    directory,
    record,
    history,
    results,
    packages.flatMap((each) => each.bands),
  );
  return results;
}

/** Writes results.json; of results that no JSON can hold, at least the verdict. */
async function writeResults(directory: string, results: Result): Promise<Result> {
  const path = join(directory, FILES.results);
  try {
    await replaceJson(path, results);
    return results;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const summary = `${results.summary ?? ""} (The checker's details cannot be written as JSON: ${messageOf(error).split("\n")[0]}.)`;
    const bare: Result = { valid: results.valid, summary: summary.trim() };
    await replaceJson(path, bare);
    return bare;
  }
}

/** Writes results.json and the report for a check that did not come to its end; `found`: what its parts had answered by then. */
export async function recordUnjudged(
  directory: string,
  why: string,
  found: ReadonlyMap<string, Result> = new Map(),
): Promise<Result> {
  const record = await readRecord(directory);
  const wrong = [...found].find(([, { valid }]) => valid === false);
  const results: Result = {
    valid: wrong === undefined ? "unknown" : false,
    summary: wrong === undefined ? why : `${wrong[0]}: ${wrong[1].summary ?? "Invalid."} ${why}`,
    ...(found.size > 0 ? { checkers: Object.fromEntries(found) } : {}),
  };
  await replaceJson(join(directory, FILES.results), results);
  await draw(directory, record, [], results, []);
  return results;
}

async function historyOf(directory: string): Promise<readonly Op[]> {
  const path = join(directory, FILES.history);
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  if (!there) return [];
  try {
    return (await loadHistory(path)).history;
  } catch (error) {
    if (!isJepsenError(error, "corrupt")) throw error;
    const mend = "Restore the file from a copy, or keep only the lines before that one.";
    throw new JepsenError("corrupt", `${error.message} ${mend}`, error.data, error);
  }
}

async function draw(
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
