/** What the report is made of: plain data, all of it readable from the stored files of a run. */

import type { History } from "../src/history/op.ts";
import type { RunOutcome, RunRecord } from "../src/store/run-record.ts";
import type { Band, Result } from "../src/test.ts";

/** Everything `writeReport` reads. */
export interface ReportInput {
  /** The run's directory: report.html is written into it, and links to files are relative to it. */
  readonly directory: string;
  /** test.json. */
  readonly record: RunRecord;
  /** run.json; absent when the control process died before it could write it. */
  readonly outcome?: RunOutcome;
  /** Operations in index order; empty when the run never got that far. */
  readonly history: History;
  /** results.json; absent when nothing was checked. */
  readonly results?: ReportResults;
  /** Which operations install and which undo each fault family that could have been used. */
  readonly bands: readonly Band[];
  /** Files of the run directory, in the order in which they are to be listed. */
  readonly files: readonly ReportFile[];
  /** Command lines, quoted so that a shell takes them as they are. */
  readonly commands: {
    /** Runs the same test again, seed included. */
    readonly run: string;
    /** Checks the stored history again. */
    readonly analyze: string;
  };
}

/** A result composed of named checkers' results; each may be composed in turn. */
export interface ReportResults extends Result {
  readonly checkers?: Readonly<Record<string, Result>>;
}

/** A file below the run directory. */
export interface ReportFile {
  /** Relative to the run directory, `/` between segments. */
  readonly path: string;
  readonly bytes?: number;
}
