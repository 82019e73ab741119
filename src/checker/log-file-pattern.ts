import type { Checker, Result } from "../test.ts";
import { countOf } from "./elements.ts";
import { type LogMatch, searchNodeLogs } from "./node-logs.ts";

/** What `logFilePattern` answers. */
export interface LogFilePatternResult extends Result {
  readonly count: number;
  /** The first 100. */
  readonly matches: readonly LogMatch[];
  readonly missing: readonly string[];
}

/**
 * No line of this log may match the pattern, on any node. `file`: the log's name below the node's folder in the run's
 * directory. "unknown" when nothing matches but a node's log was never fetched.
 */
export function logFilePattern(pattern: RegExp, file: string): Checker {
  return {
    async check(test, _history, budget): Promise<LogFilePatternResult> {
      const search = await searchNodeLogs(test, [pattern], (name) => name === file, {
        signal: budget.signal,
        wantedName: file,
      });
      const { count, matches, missing } = search;
      const [first] = matches;
      return {
        valid: count > 0 ? false : missing.length > 0 ? "unknown" : true,
        summary:
          first !== undefined
            ? `${countOf(count, "line")} in ${file}; the first is on ${first.node}, line ${first.lineNumber}: ${first.line}`
            : missing.length > 0
              ? `Not all could be looked at: ${missing.join("; ")}.`
              : `No line of ${file} matches, on any node.`,
        count,
        matches,
        missing,
      };
    },
  };
}
