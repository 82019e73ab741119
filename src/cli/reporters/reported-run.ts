import { join } from "node:path";
import type { Assembly } from "../../assemble.ts";
import { shellCommand } from "../../control/argv.ts";
import { messageOf } from "../../errors.ts";
import { FILES, shownPath } from "../../store/store.ts";
import type { Result, Suite, Verdict } from "../../test.ts";
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

/** A run that ended before there was anything to judge. */
export function unstartedRun(
  { suite, assembly }: { readonly suite: Suite; readonly assembly: Pick<Assembly, "workloadName"> },
  error: unknown,
  exitCode: number,
): ReportedRun {
  return {
    name: `${suite.name} ${assembly.workloadName}`,
    suite: suite.name,
    workload: assembly.workloadName,
    valid: "unknown",
    exitCode,
    checks: [],
    failure: messageOf(error),
    interrupted: false,
    problems: [],
    seconds: 0,
  };
}
