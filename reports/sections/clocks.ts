/** The clocks of the nodes' databases over time. */

import { CLOCK_LINES_MAX, clockFigure, clockSeries, isTrue } from "../figures/clock-offsets.ts";
import type { Pen } from "../figures/pen.ts";
import { EMPTY, type Html, html } from "../html.ts";
import type { PageModel } from "../page-model.ts";
import { listText } from "../units.ts";
import { section } from "./parts.ts";

/** Drawn when clock operations have measured at least one clock that was off. */
export function clocksSection({ input, faults, endNs }: PageModel, pen: Pen | undefined): Html {
  const series = clockSeries(input.history);
  const off = series.filter((each) => !isTrue(each));
  if (pen === undefined || off.length === 0) return EMPTY;
  const spans = faults?.spans ?? [];
  const right = series.filter(isTrue).map(({ node }) => node);
  const left = off.slice(CLOCK_LINES_MAX).map(({ node }) => node);
  const key = off
    .slice(0, CLOCK_LINES_MAX)
    .map(({ node }, at) => html`<span><span class="swatch family-${at}"></span> ${node}</span>`);
  return section(
    "clocks",
    "Clocks",
    "How far the clock of each node's database was off, as the clock operations measured it.",
    html`<p class="figure-key">${key}</p>
<figure>${clockFigure(pen, "wide", off, spans, endNs)}${clockFigure(pen, "narrow", off, spans, endNs)}
<figcaption>On a scale that shows milliseconds and minutes; between two measurements the earlier one is drawn on.${right.length > 0 && html` True all the time: ${listText(right)}.`}${left.length > 0 && html` Not drawn: ${listText(left)}.`}</figcaption></figure>`,
  );
}
