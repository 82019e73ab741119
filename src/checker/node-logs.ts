/** Searching the log files that were fetched from the nodes into the run's directory. */
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { messageOf } from "../errors.ts";
import { readLines } from "../history/lines.ts";
import type { CheckContext } from "../test.ts";

/** Matching lines that are kept; the others are only counted. */
export const MATCHES_MAX = 100;
/** Characters of a matching line that are kept. */
const LINE_CHARACTERS_MAX = 500;

/** A line that a pattern matches. */
export interface LogMatch {
  readonly node: string;
  /** Name of the file below the node's folder. */
  readonly file: string;
  /** From 1. */
  readonly lineNumber: number;
  readonly line: string;
  /** The pattern's source. */
  readonly pattern: string;
}

/** What was found in the logs of all nodes. */
export interface LogSearch {
  readonly count: number;
  /** The first ones. */
  readonly matches: readonly LogMatch[];
  /** Files read, over all nodes. */
  readonly fileCount: number;
  /** One sentence's end for each log that should be there and is not, or that could not be read. */
  readonly missing: readonly string[];
}

/**
 * Reads every log file of every node, or those that `wanted` accepts by name, and collects lines that match a pattern.
 * A node without such a file is reported as missing: a log that was never fetched shows nothing.
 */
export async function searchNodeLogs(
  test: CheckContext,
  patterns: readonly RegExp[],
  wanted: (file: string) => boolean,
  options: { readonly signal?: AbortSignal | undefined; readonly wantedName: string },
): Promise<LogSearch> {
  const { directory } = test;
  const matches: LogMatch[] = [];
  const missing: string[] = [];
  let count = 0;
  let fileCount = 0;
  if (directory === undefined) {
    return { count, matches, fileCount, missing: ["no run directory is known, so there are no logs"] };
  }
  const matchers = patterns.map((pattern) => new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")));
  for (const node of test.nodes) {
    const files = (await filesBelow(join(directory, node))).filter(wanted);
    if (files.length === 0) missing.push(`${options.wantedName} of ${node} was never fetched`);
    for (const file of files) {
      options.signal?.throwIfAborted();
      try {
        for await (const { firstLine, lines } of readLines(join(directory, node, file))) {
          options.signal?.throwIfAborted();
          for (const [i, line] of lines.entries()) {
            const pattern = matchers.find((matcher) => matcher.test(line));
            if (pattern === undefined) continue;
            count++;
            if (matches.length >= MATCHES_MAX) continue;
            const text = line.slice(0, LINE_CHARACTERS_MAX);
            matches.push({ node, file, lineNumber: firstLine + i, line: text, pattern: pattern.source });
          }
        }
        fileCount++;
      } catch (error) {
        if (options.signal?.aborted) throw error;
        missing.push(`${file} of ${node} could not be read (${messageOf(error)})`);
      }
    }
  }
  return { count, matches, fileCount, missing };
}

/** Names of the files below a folder, with forward slashes, sorted; none when there is no such folder. */
async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
