/** The latency of every completed client operation over time, on a logarithmic scale. */

import { isClientOp } from "../../src/history/op.ts";
import type { Operation } from "../../src/history/pairs.ts";
import type { FaultSpan } from "../fault-spans.ts";
import type { Html } from "../html.ts";
import { type Mark, marksOf } from "../sampling.ts";
import { latencyOf, outcomeOf } from "../statistics.ts";
import { latencyAxis } from "./axes.ts";
import { type Pen, round } from "./pen.ts";
import { drawTimeFrame, type FigureSize, type TimeFrame, timeFrame } from "./time-frame.ts";

/** A figure and what must be said of it. */
export interface LatencyFigure {
  readonly svg: Html;
  /** Operations that are shown. */
  readonly shown: number;
  /** Marks that stand for them, and the side of the cell that one of them stands for. */
  readonly marks: number;
  readonly cellPx: number;
}

const PLOT_PX: Readonly<Record<FigureSize, number>> = { wide: 300, narrow: 220 };
/** Marks of one outcome; all of them are one path for each shade, so that the page stays small and quick. */
const MARKS_MAX: Readonly<Record<FigureSize, number>> = { wide: 9000, narrow: 3000 };
const OUTCOMES = ["ok", "fail", "info"] as const;
type Outcome = (typeof OUTCOMES)[number];

/** Each outcome has a shape of its own, so that colour is not all that tells them apart. */
const SHAPES: Readonly<Record<Outcome, (x: number, y: number) => string>> = {
  ok: (x, y) => `M${x} ${y}h0`,
  fail: (x, y) => `M${round(x - 2.5)} ${y}h5m-2.5 -2.5v5`,
  info: (x, y) => `M${round(x - 2.3)} ${round(y - 2.3)}l4.6 4.6m0 -4.6l-4.6 4.6`,
};

/** Shades by how many operations a mark stands for. */
const SHADES: readonly ((mark: Mark) => boolean)[] = [
  ({ count }) => count <= 2,
  ({ count }) => count > 2 && count <= 8,
  ({ count }) => count > 8,
];

interface Points {
  readonly times: number[];
  readonly latencies: number[];
}

function pointsOf(operations: readonly Operation[]): Record<Outcome, Points> {
  const points: Record<Outcome, Points> = {
    ok: { times: [], latencies: [] },
    fail: { times: [], latencies: [] },
    info: { times: [], latencies: [] },
  };
  for (const operation of operations) {
    const latency = latencyOf(operation);
    if (latency === undefined || !isClientOp(operation.invoke)) continue;
    const { times, latencies } = points[outcomeOf(operation)];
    times.push(operation.invoke.time);
    latencies.push(latency);
  }
  return points;
}

/** Draws the figure; undefined when not one client operation completed. */
export function latencyFigure(
  pen: Pen,
  size: FigureSize,
  operations: readonly Operation[],
  spans: readonly FaultSpan[],
  untilNs: number,
): LatencyFigure | undefined {
  const points = pointsOf(operations);
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  let shown = 0;
  for (const outcome of OUTCOMES) {
    for (const latency of points[outcome].latencies) {
      min = Math.min(min, latency);
      max = Math.max(max, latency);
      shown++;
    }
  }
  if (shown === 0) return undefined;
  const frame = timeFrame(size, PLOT_PX[size], untilNs, spans);
  const axis = latencyAxis(min, max, [frame.bottom, frame.top]);
  let marks = 0;
  let cellPx = 0;
  const svg = pen.figure(
    { width: frame.width, height: frame.height, className: size, label: `Latency of ${shown} operations over time` },
    (svg) => {
      drawTimeFrame(svg, frame, axis, spans);
      for (const outcome of OUTCOMES) {
        const drawn = marksOf(...pixels(points[outcome], frame, axis.px), MARKS_MAX[size]);
        marks += drawn.marks.length;
        cellPx = Math.max(cellPx, drawn.cellPx);
        for (const [shade, belongs] of SHADES.entries()) {
          const path = drawn.marks.filter(belongs).map(({ x, y }) => SHAPES[outcome](round(x), round(y)));
          if (path.length > 0)
            svg.append("path").attr("class", `mark ${outcome} shade-${shade}`).attr("d", path.join(""));
        }
      }
    },
  );
  return { svg, shown, marks, cellPx };
}

function pixels(points: Points, frame: TimeFrame, latencyPx: (ns: number) => number): [Float64Array, Float64Array] {
  return [Float64Array.from(points.times, frame.time.px), Float64Array.from(points.latencies, latencyPx)];
}
