/**
 * Many points as few marks. Of the points that fall into the same small cell of a figure the first is drawn, with how
 * many it stands for; where there are still too many, the cells grow. No operation is left out: each lies in the cell
 * of a mark.
 */

/** One mark at the place of a point, in pixels of the figure, and how many points it stands for. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly count: number;
}

/** Marks and the side of the cells they stand for, in pixels. */
export interface Marks {
  readonly marks: readonly Mark[];
  readonly cellPx: number;
}

const CELLS_PX: readonly number[] = [1, 1.5, 2, 3, 4, 6, 8, 12, 16];
/** More columns than any figure is pixels wide, so that a cell's number is unique. */
const COLUMNS = 1 << 14;

function marksAt(xs: Float64Array, ys: Float64Array, cellPx: number): Mark[] {
  const cells = new Map<number, { x: number; y: number; count: number }>();
  for (let at = 0; at < xs.length; at++) {
    const x = xs[at] as number;
    const y = ys[at] as number;
    const cell = Math.floor(y / cellPx) * COLUMNS + Math.floor(x / cellPx);
    const mark = cells.get(cell);
    if (mark) mark.count++;
    else cells.set(cell, { x, y, count: 1 });
  }
  return [...cells.values()];
}

/**
 * The points as at most `marksMax` marks, with the smallest cells that allow it (1 to 16 px; if even those are too
 * many, 16 px cells are what it gives). Coordinates are pixels, from 0 to at most 16,000.
 */
export function marksOf(xs: Float64Array, ys: Float64Array, marksMax: number): Marks {
  let marks: Mark[] = [];
  let cellPx = 1;
  for (cellPx of CELLS_PX) {
    marks = marksAt(xs, ys, cellPx);
    if (marks.length <= marksMax) break;
  }
  return { marks, cellPx };
}

/** Events counted in windows of equal length. */
export interface Windows {
  readonly windowNs: number;
  /** Events in each window, from time 0 on. */
  readonly counts: Float64Array;
}

const NICE: readonly number[] = [1, 2, 5];

/** A window length of 1, 2 or 5 times a power of ten, at least 100 ms, that makes at most `windowsMax` of `untilNs`. */
export function niceWindowNs(untilNs: number, windowsMax: number): number {
  for (let power = 1e8; ; power *= 10) {
    for (const factor of NICE) if (untilNs / (factor * power) <= windowsMax) return factor * power;
  }
}

/** Counts moments (nanoseconds) from 0 to `untilNs` in windows of `windowNs`. */
export function countedInWindows(momentsNs: Iterable<number>, untilNs: number, windowNs: number): Windows {
  const counts = new Float64Array(Math.max(1, Math.ceil(untilNs / windowNs)));
  for (const moment of momentsNs) {
    const at = Math.min(counts.length - 1, Math.max(0, Math.floor(moment / windowNs)));
    counts[at] = (counts[at] as number) + 1;
  }
  return { windowNs, counts };
}
