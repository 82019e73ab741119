/** The place where the page's script draws the operations of each process, and their packed data. */

import { overviewFigure } from "../figures/overview.ts";
import type { Pen } from "../figures/pen.ts";
import { EMPTY, type Html, html, scriptJson, trustedMarkup } from "../html.ts";
import { packPage } from "../page-data.ts";
import type { PageModel } from "../page-model.ts";
import { countText } from "../units.ts";
import { section } from "./parts.ts";

/** The timeline, at the first contradiction or at the beginning of the run. */
export function timelineSection(model: PageModel, pen: Pen | undefined): Html {
  const { operations, contradictions, faults, endNs, input } = model;
  if (pen === undefined || operations.length === 0) return EMPTY;
  const spans = faults?.spans ?? [];
  const [first] = contradictions;
  const { data, chunks } = packPage(operations, input.record.concurrency, spans, first, endNs);
  const moments = first?.parts.map(({ operation }) => operation.invoke.time) ?? [];
  const leftOut =
    data.leftOut === 0
      ? EMPTY
      : html`<p class="note">To keep this page small, ${countText(data.leftOut)} of ${countText(data.total)} operations, those farthest from ${
          first ? "the contradiction" : "the beginning"
        }, are only in history.jsonl.</p>`;
  return section(
    "timeline",
    "Timeline",
    "One row for each client thread, labelled with its number and its node. A bar reaches from an operation's invocation to its completion; choose one to read all of it.",
    html`<div id="timeline-view" hidden>
<div class="overview" id="overview">${overviewFigure(pen, operations, spans, moments, endNs)}<div class="overview-window" id="overview-window"></div></div>
<div class="controls">
<div class="group"><button type="button" id="earlier" aria-label="Earlier">←</button><button type="button" id="later" aria-label="Later">→</button><button type="button" id="closer" aria-label="Zoom in">+</button><button type="button" id="wider" aria-label="Zoom out">−</button>${
      first ? html`<button type="button" id="to-focus">Contradiction</button>` : EMPTY
    }</div>
<div class="group"><label>Key <input id="filter-key" size="6" autocomplete="off"></label><label>Operation <select id="filter-f"><option value="">all</option></select></label><label>Find <input id="filter-text" size="16" autocomplete="off" placeholder="value, node, #op"></label></div>
<div class="group outcomes"><label><input type="checkbox" id="show-ok" checked><span class="key ok">ok</span></label><label><input type="checkbox" id="show-fail" checked><span class="key fail">fail</span></label><label><input type="checkbox" id="show-info" checked><span class="key info">info</span></label><label><input type="checkbox" id="to-scale">to scale</label></div>
</div>
<p class="note" id="timeline-note" role="status"></p>
<div class="lanes" id="lanes" tabindex="0"></div>
<div class="details" id="details" role="status"><p class="note">Point at an operation to read it, choose it to link to it.</p></div>
</div>
<noscript><p class="note">The timeline is drawn by this page's script, which is switched off. The operations are in history.jsonl.</p></noscript>
${leftOut}
<script type="application/json" id="page-data">${scriptJson(data)}</script>
${chunks.map(
  (text, at) =>
    text !== "" &&
    html`<script type="text/plain" id="chunk-${at}">${trustedMarkup(text)}</script>
`,
)}`,
  );
}
