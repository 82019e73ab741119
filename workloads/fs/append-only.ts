import { countOf, nameElements } from "../../src/checker/elements.ts";
import { isClientOp, type Op } from "../../src/history/op.ts";
import { operations } from "../../src/history/pairs.ts";
import { showValue, valueKey } from "../../src/history/value.ts";
import type { Checker, History, Result } from "../../src/test.ts";

/** How strictly reads are judged; see `appendOnlyChecker`. */
export type Consistency = "linearizable" | "close-to-open";

/** What the append-only checker answers. Lists are cut to the first 20. */
export interface AppendOnlyResult extends Result {
  readonly appendCount: number;
  readonly readCount: number;
  /** Records in the longest read: the order that all others are measured by. */
  readonly length: number;
  readonly lost: readonly unknown[];
  readonly duplicated: readonly unknown[];
  /** Damaged records, records nobody had appended by then, and records whose append certainly did not happen. */
  readonly unexpected: readonly unknown[];
  /** Reads that are no beginning of the longest one: the file's history split. Indices of their completions. */
  readonly forks: readonly number[];
  /** Records that stand before one whose append had been over when theirs began. */
  readonly misplaced: readonly unknown[];
  /** Reads that lack what must have been there when they began. Indices of their completions. */
  readonly staleReads: readonly number[];
}

interface Append {
  readonly value: unknown;
  readonly begun: number;
  /** When it was certainly done: its acknowledgement, or the end of the first read that saw it. */
  known: number;
  readonly acknowledged: number;
}

interface Read {
  readonly begun: number;
  readonly ended: number;
  readonly values: readonly unknown[];
}

const LISTED_MAX = 20;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * One list that only grows: `append` a value, each value once; `read`, completed with the whole list. With
 * "linearizable" the answer is exactly that of the linearizability of the list-append model, in near-linear time: the
 * longest read gives the order of appends, and every operation's place in that order must agree with real time.
 * "close-to-open" lets a read that overlaps an append see it although a later overlapping read does not; what was
 * acknowledged before a read began must be in it all the same. "unknown" when no read succeeded.
 */
export function appendOnlyChecker(consistency: Consistency = "linearizable"): Checker {
  return { check: async (_test, history) => judge(history, consistency) };
}

function collect(history: History): { readonly appends: Map<unknown, Append>; readonly reads: Read[] } {
  const appends = new Map<unknown, Append>();
  const reads: Read[] = [];
  for (const { invoke, completion } of operations(history.filter(isClientOp))) {
    if (invoke.f === "append" && completion?.type !== "fail") {
      const acknowledged = completion?.type === "ok" ? completion.index : NEVER;
      appends.set(valueKey(invoke.value), {
        value: invoke.value,
        begun: invoke.index,
        acknowledged,
        known: acknowledged,
      });
    } else if (invoke.f === "read" && completion?.type === "ok") {
      reads.push({ begun: invoke.index, ended: completion.index, values: listOf(completion) });
    }
  }
  return { appends, reads };
}

function listOf(read: Op): readonly unknown[] {
  if (Array.isArray(read.value)) return read.value;
  if (read.value === null || read.value === undefined) return [];
  throw new TypeError(`The read of operation ${read.index} is no list.`);
}

function judge(history: History, consistency: Consistency): AppendOnlyResult {
  const { appends, reads } = collect(history);
  const longest = reads.reduce<readonly unknown[]>(
    (best, { values }) => (values.length > best.length ? values : best),
    [],
  );
  const order = longest.map(valueKey);
  const { duplicated, unexpected, forks } = noteContents(appends, reads, order);
  if (consistency === "linearizable") noteSightings(appends, reads, order);
  const after = knownAfter(appends, order);
  const staleReads = reads
    .filter(({ begun, values }) => (after[values.length] as number) < begun)
    .map(({ ended }) => ended);
  const misplaced = order.flatMap((key, position) => {
    const append = appends.get(key);
    return append !== undefined && (after[position + 1] as number) < append.begun ? [append.value] : [];
  });
  const lost = lostValues(appends, reads);
  const problems = { lost, duplicated, unexpected, forks, misplaced, staleReads };
  const wrong = Object.values(problems).some((list) => list.length > 0);
  return {
    valid: wrong ? false : reads.length === 0 ? "unknown" : true,
    summary: sentence(problems, appends.size, reads.length),
    appendCount: appends.size,
    readCount: reads.length,
    length: longest.length,
    lost: lost.slice(0, LISTED_MAX),
    duplicated: duplicated.slice(0, LISTED_MAX),
    unexpected: unexpected.slice(0, LISTED_MAX),
    forks: forks.slice(0, LISTED_MAX),
    misplaced: misplaced.slice(0, LISTED_MAX),
    staleReads: staleReads.slice(0, LISTED_MAX),
  };
}

/** What is wrong in each read by itself, and against the longest one. */
function noteContents(appends: ReadonlyMap<unknown, Append>, reads: readonly Read[], order: readonly unknown[]) {
  const duplicated = new Map<unknown, unknown>();
  const unexpected = new Map<unknown, unknown>();
  const forks: number[] = [];
  for (const { ended, values } of reads) {
    const seen = new Set<unknown>();
    let fork = false;
    for (const [position, value] of values.entries()) {
      const key = valueKey(value);
      if (seen.has(key)) duplicated.set(key, value);
      seen.add(key);
      const append = appends.get(key);
      if (append === undefined || append.begun > ended) unexpected.set(key, value);
      if (key !== order[position]) fork = true;
    }
    if (fork) forks.push(ended);
  }
  return { duplicated: [...duplicated.values()], unexpected: [...unexpected.values()], forks };
}

/** A record is known from the end of the first read that saw it, and so is all that stands before it. */
function noteSightings(appends: ReadonlyMap<unknown, Append>, reads: readonly Read[], order: readonly unknown[]): void {
  const firstSeen: number[] = Array.from({ length: order.length + 1 }, () => NEVER);
  for (const { ended, values } of reads) firstSeen[values.length] = Math.min(firstSeen[values.length] as number, ended);
  for (let position = order.length - 1; position >= 0; position--) {
    firstSeen[position] = Math.min(firstSeen[position] as number, firstSeen[position + 1] as number);
    const append = appends.get(order[position]);
    if (append !== undefined) append.known = Math.min(append.known, firstSeen[position + 1] as number);
  }
}

/** For each position of the order: the earliest time by which something that belongs there or later was known. */
function knownAfter(appends: ReadonlyMap<unknown, Append>, order: readonly unknown[]): readonly number[] {
  const placed = new Set(order);
  let earliest = NEVER;
  for (const [key, { known }] of appends) if (!placed.has(key)) earliest = Math.min(earliest, known);
  const after: number[] = Array.from({ length: order.length + 1 }, () => earliest);
  for (let position = order.length - 1; position >= 0; position--) {
    const append = appends.get(order[position]);
    after[position] = Math.min(after[position + 1] as number, append?.known ?? NEVER);
  }
  return after;
}

/** Acknowledged before the last read began, and not in it. */
function lostValues(appends: ReadonlyMap<unknown, Append>, reads: readonly Read[]): readonly unknown[] {
  const last = reads.reduce<Read | undefined>(
    (best, read) => (best === undefined || read.begun > best.begun ? read : best),
    undefined,
  );
  if (last === undefined) return [];
  const there = new Set(last.values.map(valueKey));
  return [...appends]
    .filter(([key, { acknowledged }]) => acknowledged < last.begun && !there.has(key))
    .map(([, { value }]) => value);
}

function sentence(
  found: Readonly<Record<"lost" | "duplicated" | "unexpected" | "misplaced", readonly unknown[]>> & {
    readonly forks: readonly number[];
    readonly staleReads: readonly number[];
  },
  appendCount: number,
  readCount: number,
): string {
  const { lost, duplicated, unexpected, misplaced, forks, staleReads } = found;
  const parts: string[] = [];
  if (lost.length > 0) parts.push(`${countOf(lost.length, "acknowledged record")} lost: ${nameElements(lost)}.`);
  if (unexpected.length > 0)
    parts.push(
      `${countOf(unexpected.length, "record")} torn or never appended: ${unexpected
        .slice(0, 3)
        .map((value) => showValue(value))
        .join(" ")}.`,
    );
  if (duplicated.length > 0) parts.push(`${countOf(duplicated.length, "record")} twice: ${nameElements(duplicated)}.`);
  if (forks.length > 0)
    parts.push(`${countOf(forks.length, "read")} disagree with the longest about the order (operation ${forks[0]}).`);
  if (misplaced.length > 0)
    parts.push(
      `${countOf(misplaced.length, "record")} before others that had been there when they were begun: ${nameElements(misplaced)}.`,
    );
  if (staleReads.length > 0)
    parts.push(
      `${countOf(staleReads.length, "read")} without records that were there when it began (operation ${staleReads[0]}).`,
    );
  if (parts.length > 0) return parts.join(" ");
  if (readCount === 0) return "No read succeeded, so nothing is known of the records.";
  return `${countOf(appendCount, "append")}, ${countOf(readCount, "read")}: nothing lost, torn or twice, and all agree on the order.`;
}
