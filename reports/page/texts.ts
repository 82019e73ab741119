/** Operations and times in words, for the timeline. */

import type { PageOperation } from "./operations.ts";

/** What it did: `write 3`, `read → 1`. */
export function callText({ f, asked, got }: PageOperation): string {
  const call = asked === "" ? f : `${f} ${asked}`;
  return got === "" ? call : `${call} → ${got}`;
}

/** A moment in seconds, exact to the microsecond where it matters. */
export function momentText(micros: number, digits = 4): string {
  return `${(micros / 1e6).toFixed(digits)} s`;
}

/** A span. */
export function spanText(micros: number): string {
  if (micros < 1000) return `${micros} µs`;
  if (micros < 1e6) return `${(micros / 1000).toPrecision(3)} ms`;
  return `${(micros / 1e6).toPrecision(3)} s`;
}

/** A count with its thousands apart. */
export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

/** What is said of an operation, piece by piece. */
export function detailTexts(operation: PageOperation): readonly string[] {
  const { index, end, process, node, key, from, to, outcome, error } = operation;
  const who = typeof process === "number" ? `process ${process}` : process;
  const lasted = spanText(to - from);
  const ended =
    end < 0
      ? `began at ${momentText(from, 6)} and never completed`
      : `${outcome} after ${lasted}, from ${momentText(from, 6)} to ${momentText(to, 6)}`;
  return [
    end < 0 ? `#${index}` : `#${index} to #${end}`,
    node === "" ? who : `${who} on ${node}`,
    ...(key === "" ? [] : [`key ${key}`]),
    ended,
    ...(error === "" ? [] : [error]),
  ];
}

/** Whether the words of a search are in what is said of it. */
export function matches(operation: PageOperation, words: string): boolean {
  const said = [callText(operation), ...detailTexts(operation)].join(" ").toLowerCase();
  return said.includes(words.toLowerCase());
}
