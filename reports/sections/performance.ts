/** Latency and rate over time. */

import { type LatencyFigure, latencyFigure } from "../figures/latency.ts";
import type { Pen } from "../figures/pen.ts";
import { rateFigure } from "../figures/rate.ts";
import type { FigureSize } from "../figures/time-frame.ts";
import { EMPTY, type Html, html } from "../html.ts";
import type { PageModel } from "../page-model.ts";
import { countText, durationText } from "../units.ts";
import { section } from "./parts.ts";

const KEY = html`<p class="figure-key"><span class="key ok">ok</span><span class="key fail">fail</span><span class="key info">info, nobody knows</span><span class="key band-key">fault in force</span></p>`;

function caption(size: FigureSize, { shown, marks, cellPx }: LatencyFigure): Html {
  const text = `${countText(shown)} completed operations, each at its invocation, as ${countText(marks)} marks`;
  return html`<span class="${size}">${text}${marks < shown && `: those within ${cellPx} px share one, stronger where there are many`}.</span>`;
}

/** Both figures, for a wide page and for a phone. */
export function performanceSection({ operations, faults, endNs }: PageModel, pen: Pen | undefined): Html {
  if (pen === undefined) return EMPTY;
  const spans = faults?.spans ?? [];
  const latency = latencyFigure(pen, "wide", operations, spans, endNs);
  const rate = rateFigure(pen, "wide", operations, spans, endNs);
  if (latency === undefined || rate === undefined) return EMPTY;
  const latencyNarrow = latencyFigure(pen, "narrow", operations, spans, endNs);
  const rateNarrow = rateFigure(pen, "narrow", operations, spans, endNs);
  return section(
    "performance",
    "Latency and rate",
    undefined,
    html`${KEY}
<figure><h3>Latency</h3>${latency.svg}${latencyNarrow?.svg}
<figcaption>${caption("wide", latency)}${latencyNarrow && caption("narrow", latencyNarrow)}</figcaption></figure>
<figure><h3>Operations a second</h3>${rate.svg}${rateNarrow?.svg}
<figcaption>Completions, counted every ${durationText(rate.windowNs)}.</figcaption></figure>`,
  );
}
