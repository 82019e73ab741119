/** How far each node's clock was off over time, as the clock operations measured it. */

import type { Op } from "../../src/history/op.ts";
import type { FaultSpan } from "../fault-spans.ts";
import type { Html } from "../html.ts";
import { offsetAxis } from "./axes.ts";
import { type Pen, round } from "./pen.ts";
import { drawTimeFrame, type FigureSize, timeFrame } from "./time-frame.ts";

/** One node's measured offsets: nanoseconds since the start, and seconds. */
export interface ClockSeries {
  readonly node: string;
  readonly points: readonly (readonly [timeNs: number, seconds: number])[];
}

const PLOT_PX: Readonly<Record<FigureSize, number>> = { wide: 180, narrow: 150 };
/** Lines that can be told apart; further nodes are left out and named. */
export const CLOCK_LINES_MAX = 6;
const POINTS_MAX = 1500;
/** Below this a clock counts as true: it is how well one host's clock is known to another. */
const TRUE_SECONDS = 0.005;

/** The offsets in a history, by node; nodes whose clocks were never off come last. */
export function clockSeries(history: readonly Op[]): readonly ClockSeries[] {
  const byNode = new Map<string, [number, number][]>();
  for (const { type, time, value } of history) {
    const offsets = type === "invoke" ? undefined : offsetsIn(value);
    for (const [node, seconds] of Object.entries(offsets ?? {})) {
      if (typeof seconds !== "number" || !Number.isFinite(seconds)) continue;
      const points = byNode.get(node) ?? [];
      if (points.length < POINTS_MAX) points.push([time, seconds]);
      byNode.set(node, points);
    }
  }
  const all = Array.from(byNode, ([node, points]): ClockSeries => ({ node, points }));
  const byName = (a: ClockSeries, b: ClockSeries) => a.node.localeCompare(b.node, "en", { numeric: true });
  return all.sort((a, b) => Number(isTrue(a)) - Number(isTrue(b)) || byName(a, b));
}

function offsetsIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { clockOffsets } = value as { clockOffsets?: unknown };
  return typeof clockOffsets === "object" && clockOffsets !== null && !Array.isArray(clockOffsets)
    ? (clockOffsets as Readonly<Record<string, unknown>>)
    : undefined;
}

/** Whether a node's clock was right at every measurement. */
export function isTrue({ points }: ClockSeries): boolean {
  return points.every(([, seconds]) => Math.abs(seconds) < TRUE_SECONDS);
}

/** Draws the first lines: each offset holds until the next measurement. */
export function clockFigure(
  pen: Pen,
  size: FigureSize,
  series: readonly ClockSeries[],
  spans: readonly FaultSpan[],
  untilNs: number,
): Html {
  const drawn = series.slice(0, CLOCK_LINES_MAX);
  const furthest = drawn.flatMap(({ points }) => points.map(([, seconds]) => Math.abs(seconds)));
  // without labels: shifts are put on top of one another, and their bands overlap
  const own = spans.filter(({ family }) => family === "clock").map((span) => ({ ...span, label: "" }));
  const frame = timeFrame(size, PLOT_PX[size], untilNs, own);
  const axis = offsetAxis(
    furthest.reduce((max, each) => Math.max(max, each), 0),
    [frame.bottom, frame.top],
  );
  const label = "How far the nodes' clocks were off over time";
  return pen.figure({ width: frame.width, height: frame.height, className: size, label }, (svg) => {
    drawTimeFrame(svg, frame, axis, own);
    for (const [at, { points }] of drawn.entries()) {
      const steps = points.map(([time, seconds], i) => {
        const [x, y] = [round(frame.time.px(time)), round(axis.px(seconds))];
        return i === 0 ? `M${x} ${y}` : `H${x}V${y}`;
      });
      svg.append("path").attr("class", `line node family-${at}`).attr("d", steps.join(""));
    }
  });
}
