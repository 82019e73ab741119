/** Where operations stand on the timeline. Pure. */

import type { PageOperation } from "./operations.ts";

/** A part of the run, in microseconds. */
export interface PageWindow {
  readonly from: number;
  readonly to: number;
}

/** An operation's bar, in pixels. */
export interface Bar {
  readonly operation: PageOperation;
  readonly left: number;
  readonly width: number;
}

/** Bars, and how times and places belong together. */
export interface Layout {
  readonly bars: readonly Bar[];
  readonly width: number;
  /** A time as a place, and back. */
  x(time: number): number;
  time(x: number): number;
}

const LANE_GAP_PX = 4;
const EDGE_PX = 12;

/** Straight lines between known pairs, both rising; beyond the first and the last their values. */
function between(froms: readonly number[], tos: readonly number[], value: number): number {
  let low = 0;
  let high = froms.length - 1;
  if (high < 0) return 0;
  if (value <= (froms[0] as number)) return tos[0] as number;
  if (value >= (froms[high] as number)) return tos[high] as number;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((froms[middle] as number) <= value) low = middle;
    else high = middle;
  }
  const start = froms[low] as number;
  const share = (value - start) / ((froms[high] as number) - start || 1);
  return (tos[low] as number) + share * ((tos[high] as number) - (tos[low] as number));
}

/** Room between one event and the next: little, and a little more for a long wait. */
function gapPx(micros: number): number {
  return 5 + 7 * Math.log10(1 + Math.max(0, micros) / 200);
}

interface Event {
  readonly bar: number;
  readonly start: boolean;
  readonly time: number;
  /** Place in the history, which decides between events at the same time. */
  readonly order: number;
}

function eventsOf(operations: readonly PageOperation[], window: PageWindow): Event[] {
  const events = operations.flatMap((operation, bar): Event[] => {
    const ends = operation.end >= 0 && operation.to <= window.to;
    return [
      { bar, start: true, time: Math.max(operation.from, window.from), order: operation.index },
      {
        bar,
        start: false,
        time: ends ? operation.to : window.to,
        order: ends ? operation.end : Number.MAX_SAFE_INTEGER,
      },
    ];
  });
  return events.sort((a, b) => a.time - b.time || a.order - b.order || Number(b.start) - Number(a.start));
}

/**
 * Time as the order of events: each is a small step to the right of the one before, and as many more as it takes for
 * every bar to hold its text and none to cover another of its lane. One pass from left to right settles it; what is
 * left of `widthMin` is shared out in proportion.
 */
export function readableLayout(
  operations: readonly PageOperation[],
  window: PageWindow,
  textPx: (operation: PageOperation) => number,
  widthMin: number,
): Layout {
  const lefts: number[] = [];
  const widths: number[] = [];
  const laneFree = new Map<number, number>();
  const times: number[] = [window.from];
  const places: number[] = [0];
  let x = EDGE_PX;
  let last = window.from;
  for (const { bar, start, time } of eventsOf(operations, window)) {
    const operation = operations[bar] as PageOperation;
    x += gapPx(time - last);
    if (start) x = Math.max(x, (laneFree.get(operation.lane) ?? 0) + LANE_GAP_PX);
    else x = Math.max(x, (lefts[bar] as number) + textPx(operation));
    if (start) lefts[bar] = x;
    else {
      widths[bar] = x - (lefts[bar] as number);
      laneFree.set(operation.lane, x);
    }
    // Of several events at one time the first gives the time its place.
    if (time > last) {
      times.push(time);
      places.push(x);
    }
    last = time;
  }
  if (window.to > last) {
    times.push(window.to);
    places.push(x + EDGE_PX);
  }
  const stretch = Math.max(1, widthMin / (x + EDGE_PX));
  return {
    bars: operations.map((operation, at) => ({
      operation,
      left: (lefts[at] ?? 0) * stretch,
      width: (widths[at] ?? 0) * stretch,
    })),
    width: (x + EDGE_PX) * stretch,
    x: (time) => between(times, places, time) * stretch,
    time: (place) => between(places, times, place / stretch),
  };
}

/** Time to scale: the window over the whole width, bars at least 2 px wide. */
export function scaledLayout(operations: readonly PageOperation[], window: PageWindow, width: number): Layout {
  const perMicro = width / Math.max(1, window.to - window.from);
  const x = (time: number) => Math.min(width, Math.max(0, (time - window.from) * perMicro));
  return {
    bars: operations.map((operation) => {
      const left = x(operation.from);
      return { operation, left, width: Math.max(2, x(operation.end < 0 ? window.to : operation.to) - left) };
    }),
    width,
    x,
    time: (place) => window.from + place / perMicro,
  };
}
