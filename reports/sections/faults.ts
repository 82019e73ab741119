/** What was broken on purpose: asked for, measured, undone. */

import type { FaultOutcome } from "../../src/checker/faults.ts";
import type { Evidence } from "../../src/history/op.ts";
import { type FaultSpan, OUTCOME_TEXT, type RunFaults } from "../fault-spans.ts";
import { EMPTY, type Html, html } from "../html.ts";
import type { PageModel } from "../page-model.ts";
import { differs, gridText, type Link, linkText, type Reachability, reachabilityOf } from "../reachability.ts";
import { durationText, momentText } from "../units.ts";
import { clippedText, faultText } from "../value-text.ts";
import { andMore, opLink, section } from "./parts.ts";

const SPANS_MAX = 100;
/** Grids that are drawn: beyond these a fault's row has the sentence of its evidence alone. */
const GRIDS_MAX = 40;
const SKIPPED_MAX = 20;
const NODE_CHARS_MAX = 10;
const VALUE_CHARS_MAX = 200;
const SUMMARY_CHARS_MAX = 400;

const OUTCOME_TONE: Readonly<Record<FaultOutcome, string>> = {
  proven: "valid",
  unproven: "unknown",
  indeterminate: "unknown",
  skipped: "failed",
};

function outcomeMark(outcome: FaultOutcome): Html {
  return html`<span class="mark-verdict tone-${OUTCOME_TONE[outcome]}">${outcome === "proven" ? "✓ " : ""}${OUTCOME_TEXT[outcome]}</span>`;
}

function cell(link: Link | undefined): Html {
  if (link === undefined) return html`<td class="self"></td>`;
  const state = link.measured === undefined ? "unmeasured" : link.measured ? "open" : "cut";
  const sign = link.measured === undefined ? "?" : link.measured ? "" : "✕";
  return html`<td class="${state}${differs(link) && " odd"}" title="${linkText(link)}">${sign}${differs(link) && "!"}</td>`;
}

function grid(title: string, reachability: Reachability): Html {
  const { nodes, rows } = reachability;
  return html`<figure class="matrix"><table aria-label="${title}: ${gridText(reachability)}">
<thead><tr><td class="corner"><span aria-hidden="true">from ↓ to →</span></td>${nodes.map((node) => html`<th scope="col" title="${node}">${clippedText(node, NODE_CHARS_MAX)}</th>`)}</tr></thead>
<tbody>${rows.map((row, at) => html`<tr><th scope="row" title="${nodes[at]}">${clippedText(nodes[at] ?? "", NODE_CHARS_MAX)}</th>${row.map(cell)}</tr>`)}</tbody>
</table><figcaption>${title}:<br>${gridText(reachability)}</figcaption></figure>`;
}

function evidenceText(evidence: Evidence | undefined): string {
  return evidence === undefined ? "Nothing was measured." : clippedText(evidence.summary, SUMMARY_CHARS_MAX);
}

function installPart({ band }: FaultSpan): Html {
  const doubt =
    band.install === "indeterminate" && band.evidence?.proven === true
      ? " Whether it lasted is not known: when it was undone, it was not seen in force any more."
      : "";
  return html`<p><b>Measured.</b> ${outcomeMark(band.install)} ${evidenceText(band.evidence)}${doubt}</p>`;
}

function undoPart({ band }: FaultSpan): Html {
  if (band.undo !== undefined) {
    return html`<p><b>Undone.</b> ${outcomeMark(band.undo)} ${evidenceText(band.undoEvidence)}</p>`;
  }
  if (band.endTime !== undefined) return EMPTY;
  return html`<p><b>Never undone.</b> No recorded operation undid it.</p>`;
}

/** What was measured just before the undo, within the undo's evidence. */
function beforeOf(details: unknown): unknown {
  return typeof details === "object" && details !== null ? (details as { before?: unknown }).before : undefined;
}

function grids(span: FaultSpan): readonly Html[] {
  const undo = span.band.undoEvidence?.details;
  const titled = [
    ["At its start", reachabilityOf(span.band.evidence?.details)],
    ["Just before its end", reachabilityOf(beforeOf(undo))],
    ["After it", reachabilityOf(undo)],
  ] as const;
  return titled.flatMap(([title, reachability]) => (reachability ? [grid(title, reachability)] : []));
}

function faultItem(span: FaultSpan, drawn: readonly Html[]): Html {
  const { band } = span;
  const lasted =
    band.endTime === undefined ? "until the end of the history" : `for ${durationText(span.toNs - span.fromNs)}`;
  const value = faultText(band.value, VALUE_CHARS_MAX);
  return html`<li class="fault">
<div class="fault-head"><span class="swatch family-${span.colour}"></span><h3>${span.family}</h3>
<p class="note">${opLink(band.startIndex)} at ${momentText(span.fromNs)}, ${lasted}</p></div>
<div class="fault-words">
<p><b>Asked.</b> <code>${band.f}</code>${value !== "" && html` <code>${value}</code>`}</p>
${installPart(span)}
${undoPart(span)}
</div>${drawn.length > 0 && html`<div class="matrices">${drawn}</div>`}
</li>
`;
}

function familyList({ result }: RunFaults): Html {
  const families = Object.entries(result.families).filter(([, { requested }]) => requested);
  if (families.length === 0) return EMPTY;
  const items = families.map(([family, { reason, installs }]) => {
    if (reason !== undefined)
      return html`<li><span class="mark-verdict tone-unknown">? not proven</span> <b>${family}</b>: ${reason}</li>`;
    const counts = (Object.keys(OUTCOME_TEXT) as FaultOutcome[]).filter((outcome) => installs[outcome] > 0);
    const text = counts.map((outcome) => `${installs[outcome]} ${OUTCOME_TEXT[outcome]}`).join(", ");
    return html`<li><span class="mark-verdict tone-valid">✓ took place</span> <b>${family}</b>: ${text}</li>`;
  });
  return html`<ul class="families">${items}</ul>`;
}

function skippedList({ skipped }: RunFaults): Html {
  if (skipped.length === 0) return EMPTY;
  const items = skipped
    .slice(0, SKIPPED_MAX)
    .map(
      ({ op, reason }) => html`<li>${opLink(op.index)} <code>${op.f}</code> at ${momentText(op.time)}: ${reason}</li>`,
    );
  return html`<h3>Skipped</h3><ul class="problems">${items}</ul>${andMore(SKIPPED_MAX, skipped.length, "skipped faults")}`;
}

/** Each fault with its evidence. */
export function faultsSection({ faults, input }: PageModel): Html {
  if (faults === undefined || (faults.spans.length === 0 && input.record.nemesis.length === 0)) return EMPTY;
  let gridCount = 0;
  const items = faults.spans.slice(0, SPANS_MAX).map((span) => {
    const drawn = gridCount < GRIDS_MAX ? grids(span) : [];
    gridCount += drawn.length;
    return faultItem(span, drawn);
  });
  return section(
    "faults",
    "Faults",
    "What was broken on purpose. Evidence is measured on the nodes, independently of the rules that install a fault.",
    html`${familyList(faults)}
<ol class="fault-list">${items}</ol>
${andMore(SPANS_MAX, faults.spans.length, "faults")}
${skippedList(faults)}`,
  );
}
