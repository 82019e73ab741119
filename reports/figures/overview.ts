/** The whole run as a strip: how much was going on, the faults, and where the contradiction lies. */

import type { Operation } from "../../src/history/pairs.ts";
import type { FaultSpan } from "../fault-spans.ts";
import type { Html } from "../html.ts";
import { countedInWindows } from "../sampling.ts";
import { lineAt, type Pen, rectAt, round } from "./pen.ts";

/** The strip's own width: the page stretches it to its column and maps a pointer's place to a share of the run. */
const WIDTH = 1000;
const HEIGHT = 44;
const WINDOWS = 250;

/** Draws the strip; `momentsNs` are marked. */
export function overviewFigure(
  pen: Pen,
  operations: readonly Operation[],
  spans: readonly FaultSpan[],
  momentsNs: readonly number[],
  untilNs: number,
): Html {
  const x = (ns: number) => (ns / Math.max(1, untilNs)) * WIDTH;
  const { counts } = countedInWindows(
    operations.map(({ invoke }) => invoke.time),
    untilNs,
    Math.max(1, untilNs / WINDOWS),
  );
  const most = counts.reduce((max, count) => Math.max(max, count), 1);
  const frame = {
    width: WIDTH,
    height: HEIGHT,
    label: "Operations begun over the whole run, with its faults",
    className: "overview-figure",
    stretched: true,
  };
  return pen.figure(frame, (svg) => {
    for (const span of spans) {
      const width = Math.max(2, x(span.toNs) - x(span.fromNs));
      rectAt(svg, x(span.fromNs), 0, width, HEIGHT, `strip family-${span.colour}${span.proven ? "" : " doubted"}`);
    }
    const step = WIDTH / counts.length;
    const outline = Array.from(
      counts,
      (count, at) => `V${round(HEIGHT - (count / most) * (HEIGHT - 8))}H${round((at + 1) * step)}`,
    );
    svg
      .append("path")
      .attr("class", "overview-area")
      .attr("d", `M0 ${HEIGHT}${outline.join("")}V${HEIGHT}Z`);
    for (const moment of momentsNs) lineAt(svg, [x(moment), 0], [x(moment), HEIGHT], "overview-mark");
  });
}
