/** Quantities as people read them. */

const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** A count with its thousands apart: `12,345`. */
export function countText(count: number): string {
  return grouped.format(count);
}

/** A count and its noun: `1 fault`, `2 faults`. */
export function countOf(count: number, noun: string, plural: string = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : plural}`;
}

/** Three significant digits without an exponent. */
function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** A span of nanoseconds: `840 µs`, `12.3 ms`, `1.24 s`, `2 min 5 s`. */
export function durationText(ns: number): string {
  if (ns <= 0) return "0 s";
  if (ns < NS_PER_MS) return `${threeDigits(ns / 1e3)} µs`;
  if (ns < NS_PER_S) return `${threeDigits(ns / NS_PER_MS)} ms`;
  if (ns < 120 * NS_PER_S) return `${threeDigits(ns / NS_PER_S)} s`;
  const seconds = Math.round(ns / NS_PER_S);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A moment of the run, in seconds since its start with milliseconds: `12.381 s`. */
export function momentText(ns: number): string {
  return `${(ns / NS_PER_S).toFixed(3)} s`;
}

/** A size: `812 B`, `1.4 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${threeDigits(bytes / 1e3)} kB`;
  if (bytes < 1e9) return `${threeDigits(bytes / 1e6)} MB`;
  return `${threeDigits(bytes / 1e9)} GB`;
}

/** A share as a percentage that never rounds to all or nothing: `99.9 %` unless it is really all. */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return "–";
  if (part === whole) return "100 %";
  if (part === 0) return "0 %";
  const percent = (100 * part) / whole;
  return `${Math.min(99.9, Math.max(0.1, percent)).toFixed(percent < 10 || percent > 99 ? 1 : 0)} %`;
}

/** Items as a sentence lists them: `a, b and c`. */
export function listText(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? "";
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
