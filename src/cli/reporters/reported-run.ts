import { join } from "node:path";
import { shellCommand } from "../../control/argv.ts";
import { FILES, readOutcome, readRecord, readResults, shownPath } from "../../store/store.ts";
import type { Result, Verdict } from "../../test.ts";
import { againCommand } from "../judge.ts";
import type { Judged } from "../verdict-text.ts";

/** One run as reporters see it. Sentences may hold values from a database: they are data, never markup. */
export interface ReportedRun {
  readonly name: string;
  readonly suite: string;
  readonly workload: string;
  readonly valid: Verdict;
  readonly exitCode: number;
  readonly summary?: string;
  /** What each checker found; [] when no checker came to a result. */
  readonly checks: readonly { readonly name: string; readonly valid: Verdict; readonly summary?: string }[];
  /** What went wrong in the harness, and what went wrong beside the verdict. */
  readonly failure?: string;
  readonly interrupted: boolean;
  readonly problems: readonly string[];
  readonly seconds: number;
  /** ISO 8601; absent for a run that never began. */
  readonly startDate?: string;
  readonly seed?: number;
  /** The command that runs it again. */
  readonly again?: string;
  /** Path of the report page. */
  readonly report?: string;
}

/** A run that was judged. */
export function reportedRun({ directory, record, outcome, results }: Judged, exitCode: number): ReportedRun {
  const checkers = Object.entries((results.checkers as Readonly<Record<string, Result>> | undefined) ?? {});
  return {
    name: record.name,
    suite: record.suite,
    workload: record.workload,
    valid: results.valid,
    exitCode,
    ...(results.summary === undefined ? {} : { summary: results.summary }),
    checks: checkers.map(([name, { valid, summary }]) => ({
      name,
      valid,
      ...(summary === undefined ? {} : { summary }),
    })),
    ...(outcome?.failure ? { failure: outcome.failure.message } : {}),
    interrupted: outcome?.interrupted ?? false,
    problems: outcome?.problems ?? [],
    seconds: (outcome?.phases ?? []).reduce((sum, { ms }) => sum + ms, 0) / 1000,
    startDate: record.startDate,
    seed: record.seed,
    again: shellCommand(againCommand(record)),
    report: shownPath(join(directory, FILES.report)),
  };
}

/** A run that ended, for this reason, before there was anything to judge. */
export function unstartedRun(
  name: string,
  suite: string,
  workload: string,
  failure: string,
  exitCode: number,
): ReportedRun {
  const nothing = { checks: [], interrupted: false, problems: [], seconds: 0 } as const;
  return { name, suite, workload, valid: "unknown", exitCode, failure, ...nothing };
}

/** A run as its directory holds it, for those who did not see it run themselves. Rejects with JepsenError "corrupt" when it cannot be read. */
export async function storedRun(directory: string, exitCode: number): Promise<ReportedRun> {
  const record = await readRecord(directory);
  const outcome = await readOutcome(directory);
  const results = (await readResults(directory)) as Result | undefined;
  const judged = {
    directory,
    record,
    results: results ?? { valid: "unknown" as const },
    ...(outcome ? { outcome } : {}),
  };
  return reportedRun(judged, exitCode);
}
