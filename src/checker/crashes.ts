import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../errors.ts";
import type { Checker, Result } from "../test.ts";
import { type LogMatch, searchNodeLogs } from "./node-logs.ts";

/** The file in the run's directory that lists how database processes ended. */
export const PROCESSES_FILE = "processes.json";

const deathSchema = z.object({
  node: z.string(),
  role: z.string(),
  pid: z.number(),
  /** Nanoseconds since the start of the run at which it was noticed. */
  time: z.number(),
  /** A recorded kill or stop explains it. */
  expected: z.boolean(),
  detail: z.string().optional(),
});

/** A database process that ended: one entry of `processes.json`, which is a JSON array of them. */
export type ProcessDeath = z.infer<typeof deathSchema>;

/** What `crashes` answers. */
export interface CrashesResult extends Result {
  /** Processes that ended although nobody had killed or stopped them. */
  readonly unexpected: readonly ProcessDeath[];
  readonly expectedCount: number;
  /** Log lines that tell of a crash: the first 100, and how many there are. */
  readonly panics: readonly LogMatch[];
  readonly panicCount: number;
  /** What was not there to be looked at. */
  readonly missing: readonly string[];
}

export interface CrashesOptions {
  readonly patterns?: readonly RegExp[];
  /** Whether the database lists its processes, so that their record must be there. */
  readonly processes?: boolean;
  /** Whether the database names log files, so that every node's must be there. */
  readonly logs?: boolean;
}

const NO_LOGS = { matches: [], count: 0, missing: [] } as const;

/** How databases written in Go, C++ and Rust announce that they are about to die. */
export const PANIC_PATTERNS: readonly RegExp[] = [
  /^panic: /,
  /^fatal error: /,
  /\[signal SIG[A-Z]+: /,
  /\bCaught signal \((Aborted|Segmentation fault|Bus error|Floating point exception)\)/,
  /\bFAILED ceph_assert\b/,
  /\bterminate called (after throwing|without an active exception)/,
  /^thread '.*' panicked at /,
  /\bsignal received: (6|7|8|11)\b/,
];

/**
 * Whether the database crashed of its own: a process that ended without a recorded kill, or a line in its log that
 * tells of a panic, is false. "unknown" when the record of processes or the logs of a node are missing.
 */
export function crashes(options: CrashesOptions = {}): Checker {
  const { patterns = PANIC_PATTERNS, processes = true, logs = true } = options;
  return {
    async check(test, _history, budget): Promise<CrashesResult> {
      const missing: string[] = [];
      const deaths = processes ? await readDeaths(test.directory, missing) : [];
      const search = logs
        ? await searchNodeLogs(test, patterns, () => true, { signal: budget.signal, wantedName: "the log" })
        : NO_LOGS;
      missing.push(...search.missing);
      const unexpected = deaths.filter((death) => !death.expected);
      const found = unexpected.length > 0 || search.count > 0;
      return {
        valid: found ? false : missing.length > 0 ? "unknown" : true,
        summary: sentence(unexpected, search.matches, search.count, missing),
        unexpected,
        expectedCount: deaths.length - unexpected.length,
        panics: search.matches,
        panicCount: search.count,
        missing,
      };
    },
  };
}

async function readDeaths(directory: string | undefined, missing: string[]): Promise<ProcessDeath[]> {
  if (directory === undefined) return [];
  try {
    return z.array(deathSchema).parse(JSON.parse(await readFile(join(directory, PROCESSES_FILE), "utf8")));
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    missing.push(
      absent
        ? `${PROCESSES_FILE}, the record of the database's processes, was never written`
        : `${PROCESSES_FILE} is damaged (${messageOf(error)})`,
    );
    return [];
  }
}

function sentence(
  unexpected: readonly ProcessDeath[],
  panics: readonly LogMatch[],
  panicCount: number,
  missing: readonly string[],
): string {
  const parts: string[] = [];
  const [death] = unexpected;
  if (death !== undefined) {
    const more = unexpected.length > 1 ? `, and ${unexpected.length - 1} more` : "";
    const why = death.detail === undefined ? "" : ` (${death.detail})`;
    parts.push(`${death.role} on ${death.node} ended although nobody killed it${why}${more}.`);
  }
  const [panic] = panics;
  if (panic !== undefined) {
    const more = panicCount > 1 ? `, and ${panicCount - 1} more lines` : "";
    parts.push(`${panic.file} of ${panic.node}, line ${panic.lineNumber}, tells of a crash: ${panic.line}${more}.`);
  }
  if (missing.length > 0) {
    parts.push(
      parts.length === 0 ? `Not all could be looked at: ${missing.join("; ")}.` : `Missing: ${missing.join("; ")}.`,
    );
  }
  return parts.length === 0 ? "No database process ended by itself, and no log tells of a crash." : parts.join(" ");
}
