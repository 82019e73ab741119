/** What all figures over time share: margins, grid, time axis, and the faults as bands behind the data. */

import type { FaultSpan } from "../fault-spans.ts";
import { visibleText } from "../html.ts";
import { clippedText } from "../value-text.ts";
import { type Axis, timeAxis } from "./axes.ts";
import { lineAt, rectAt, type Shape, textAt } from "./pen.ts";

/** How much room a figure has: full width, or a phone's. */
export type FigureSize = "wide" | "narrow";

/** A figure's measures in pixels: the plot lies between left and right, top and bottom. */
export interface TimeFrame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly time: Axis;
  readonly families: readonly string[];
}

const WIDTH: Readonly<Record<FigureSize, number>> = { wide: 1040, narrow: 360 };
const ROW_PX = 18;
/** Families that get a row of their own above the plot; the bands of further ones are still shaded in it. */
const ROWS_MAX = 8;
const CHARACTER_PX = 6.8;

/** Lays out a figure of `plotPx` height below one row for each fault family. */
export function timeFrame(size: FigureSize, plotPx: number, untilNs: number, spans: readonly FaultSpan[]): TimeFrame {
  const families = [...new Set(spans.map((span) => span.family))].slice(0, ROWS_MAX);
  const width = WIDTH[size];
  const left = size === "wide" ? 64 : 52;
  const right = width - 18;
  const top = 10 + families.length * ROW_PX + (families.length > 0 ? 6 : 0);
  const bottom = top + plotPx;
  const time = timeAxis(untilNs, [left, right], size === "wide" ? 10 : 4);
  return { width, height: bottom + 28, left, right, top, bottom, time, families };
}

/** Draws the bands, the horizontal grid with the value axis, and the time axis. Data comes on top of it. */
export function drawTimeFrame(svg: Shape, frame: TimeFrame, values: Axis, spans: readonly FaultSpan[]): void {
  const grid = svg.append("g");
  for (const { px, label } of values.ticks) {
    lineAt(grid, [frame.left, px], [frame.right, px], "grid");
    textAt(grid, frame.left - 8, px + 4, "tick end", label);
  }
  drawSpans(svg, frame, spans);
  const axis = svg.append("g");
  lineAt(axis, [frame.left, frame.bottom], [frame.right, frame.bottom], "axis");
  for (const { px, label } of frame.time.ticks) {
    lineAt(axis, [px, frame.bottom], [px, frame.bottom + 5], "axis");
    textAt(axis, px, frame.bottom + 20, "tick middle", label);
  }
}

function drawSpans(svg: Shape, frame: TimeFrame, spans: readonly FaultSpan[]): void {
  const group = svg.append("g");
  for (const span of spans) {
    const x = frame.time.px(span.fromNs);
    const width = Math.max(1.5, frame.time.px(span.toNs) - x);
    const look = `${span.proven ? "" : " doubted"}`;
    const row = frame.families.indexOf(span.family);
    rectAt(group, x, frame.top, width, frame.bottom - frame.top, `band family-${span.colour}${look}`);
    if (row < 0) continue;
    const y = 8 + row * ROW_PX;
    const strip = rectAt(group, x, y, width, ROW_PX - 4, `strip family-${span.colour}${look}`).attr("rx", 3);
    strip.append("title").text(visibleText(span.title));
    // two may overlap: the label of one ends where the next one begins
    const next = Math.min(...spans.filter((other) => follows(other, span)).map(({ fromNs }) => frame.time.px(fromNs)));
    const room = Math.floor((Math.min(width, next - x) - 10) / CHARACTER_PX);
    if (room >= 4) textAt(group, x + 5, y + ROW_PX - 7.5, "strip-label", clippedText(span.label, room));
  }
}

/** Whether a span stands in the same row, and begins later or is drawn over one that begins with it. */
function follows(other: FaultSpan, span: FaultSpan): boolean {
  if (other === span || other.family !== span.family) return false;
  return other.fromNs > span.fromNs || (other.fromNs === span.fromNs && other.band.startIndex > span.band.startIndex);
}
