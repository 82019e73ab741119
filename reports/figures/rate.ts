/** Completed client operations a second over time, by outcome. */

import { isClientOp } from "../../src/history/op.ts";
import type { Operation } from "../../src/history/pairs.ts";
import type { FaultSpan } from "../fault-spans.ts";
import type { Html } from "../html.ts";
import { countedInWindows, niceWindowNs } from "../sampling.ts";
import { outcomeOf } from "../statistics.ts";
import { rateAxis } from "./axes.ts";
import { type Pen, round } from "./pen.ts";
import { drawTimeFrame, type FigureSize, timeFrame } from "./time-frame.ts";

/** A figure and the length of the windows in which it counts. */
export interface RateFigure {
  readonly svg: Html;
  readonly windowNs: number;
}

const PLOT_PX: Readonly<Record<FigureSize, number>> = { wide: 180, narrow: 150 };
const WINDOWS_MAX = 75;
const OUTCOMES = ["ok", "fail", "info"] as const;
/** A last window shorter than this share of the others says too little to be drawn. */
const LAST_WINDOW_SHARE_MIN = 0.3;

/** Draws the figure; undefined when not one client operation completed. */
export function rateFigure(
  pen: Pen,
  size: FigureSize,
  operations: readonly Operation[],
  spans: readonly FaultSpan[],
  untilNs: number,
): RateFigure | undefined {
  const completed = operations.filter(({ invoke, completion }) => isClientOp(invoke) && completion !== undefined);
  if (completed.length === 0) return undefined;
  const windowNs = niceWindowNs(untilNs, WINDOWS_MAX);
  const rates = OUTCOMES.map((outcome) => {
    const moments = completed.filter((one) => outcomeOf(one) === outcome).map((one) => one.completion?.time ?? 0);
    return ratesOf(moments, untilNs, windowNs);
  });
  const highest = rates.reduce((max, values) => values.reduce((most, value) => Math.max(most, value), max), 0);
  const frame = timeFrame(size, PLOT_PX[size], untilNs, spans);
  const axis = rateAxis(highest, [frame.bottom, frame.top], 4);
  const label = "Completed operations a second over time";
  const svg = pen.figure({ width: frame.width, height: frame.height, className: size, label }, (svg) => {
    drawTimeFrame(svg, frame, axis, spans);
    for (const [at, outcome] of OUTCOMES.entries()) {
      const values = rates[at] as readonly number[];
      if (!values.some((value) => value > 0)) continue;
      const line = stepPath(values, windowNs, untilNs, frame.time.px, axis.px);
      if (outcome === "ok") svg.append("path").attr("class", "area ok").attr("d", closed(line, frame));
      svg.append("path").attr("class", `line ${outcome}`).attr("d", line);
    }
  });
  return { svg, windowNs };
}

/** Events a second in each window; the last one is as long as the run lasted, and left out when that is too short. */
function ratesOf(momentsNs: readonly number[], untilNs: number, windowNs: number): readonly number[] {
  const { counts } = countedInWindows(momentsNs, untilNs, windowNs);
  const rates = Array.from(counts, (count, at) => {
    const lengthNs = Math.min(windowNs, Math.max(untilNs - at * windowNs, 1));
    return (count * 1e9) / lengthNs;
  });
  const lastShare = (untilNs - (counts.length - 1) * windowNs) / windowNs;
  return counts.length > 1 && lastShare < LAST_WINDOW_SHARE_MIN ? rates.slice(0, -1) : rates;
}

function stepPath(
  rates: readonly number[],
  windowNs: number,
  untilNs: number,
  x: (ns: number) => number,
  y: (rate: number) => number,
): string {
  const steps = rates.map((rate, at) => {
    const endNs = Math.min(untilNs, (at + 1) * windowNs);
    return `${at === 0 ? `M${round(x(0))} ${round(y(rate))}` : `V${round(y(rate))}`}H${round(x(endNs))}`;
  });
  return steps.join("");
}

function closed(line: string, frame: { readonly left: number; readonly bottom: number }): string {
  return `${line}V${frame.bottom}H${frame.left}Z`;
}
