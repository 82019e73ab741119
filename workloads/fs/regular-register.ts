import { countOf } from "../../src/checker/elements.ts";
import { isClientOp } from "../../src/history/op.ts";
import { operations } from "../../src/history/pairs.ts";
import { showValue, valueKey } from "../../src/history/value.ts";
import type { Checker, History, Result } from "../../src/test.ts";

/** A read that saw what it cannot have seen. */
export interface IrregularRead {
  /** The read's completion. */
  readonly index: number;
  readonly value: unknown;
  readonly reason: "never written" | "overwritten";
}

/** What the regular-register checker answers; the first 20 bad reads. */
export interface RegularRegisterResult extends Result {
  readonly writeCount: number;
  readonly readCount: number;
  readonly errorCount: number;
  readonly errors: readonly IrregularRead[];
}

interface Write {
  readonly begun: number;
  readonly ended: number;
}

const LISTED_MAX = 20;

/**
 * Regularity (Lamport 1986), for several writers that write distinct values: a read sees a write that was under way
 * during it, or one that no other write had followed before the read began; null before the first. It is what
 * close-to-open consistency promises when each operation opens and closes the file itself. Weaker than
 * linearizability: two reads during a write may see the new value first and the old one then. "unknown" without reads.
 */
export function regularRegisterChecker(): Checker {
  return { check: async (_test, history) => judge(history) };
}

function judge(history: History): RegularRegisterResult {
  const all = operations(history.filter(isClientOp));
  const writes = new Map<unknown, Write>();
  for (const { invoke, completion } of all) {
    if (invoke.f !== "write" || completion?.type === "fail") continue;
    const ended = completion?.type === "ok" ? completion.index : Number.POSITIVE_INFINITY;
    writes.set(valueKey(invoke.value), { begun: invoke.index, ended });
  }
  const latestBefore = latestBegun([...writes.values()]);
  const errors: IrregularRead[] = [];
  let readCount = 0;
  for (const { invoke, completion } of all) {
    if (invoke.f !== "read" || completion?.type !== "ok") continue;
    readCount++;
    const value = completion.value ?? null;
    const seen = value === null ? { begun: -1, ended: -1 } : writes.get(valueKey(value));
    const index = completion.index;
    if (seen === undefined || seen.begun > index) errors.push({ index, value, reason: "never written" });
    else if (latestBefore(invoke.index) > seen.ended) errors.push({ index, value, reason: "overwritten" });
  }
  return {
    valid: errors.length > 0 ? false : readCount === 0 ? "unknown" : true,
    summary: sentence(errors, writes.size, readCount),
    writeCount: writes.size,
    readCount,
    errorCount: errors.length,
    errors: errors.slice(0, LISTED_MAX),
  };
}

/** When the latest of the writes began that had ended before a given time; -1 if none had. */
function latestBegun(writes: readonly Write[]): (before: number) => number {
  const byEnd = writes.filter(({ ended }) => Number.isFinite(ended)).sort((a, b) => a.ended - b.ended);
  const latest: number[] = [];
  for (const { begun } of byEnd) latest.push(Math.max(latest.at(-1) ?? -1, begun));
  return (before) => {
    let low = 0;
    let high = byEnd.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((byEnd[middle] as Write).ended < before) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? -1 : (latest[low - 1] as number);
  };
}

function sentence(errors: readonly IrregularRead[], writeCount: number, readCount: number): string {
  const [first] = errors;
  if (first !== undefined) {
    const why =
      first.reason === "never written" ? "which nobody had written" : "which had been overwritten before it began";
    const more = errors.length > 1 ? ` There are ${errors.length - 1} more like it.` : "";
    return `The read of operation ${first.index} saw ${showValue(first.value)}, ${why}.${more}`;
  }
  if (readCount === 0) return "No read succeeded, so nothing is known of the register.";
  return `${countOf(writeCount, "write")}, ${countOf(readCount, "read")}: each saw the last write, or one under way.`;
}
