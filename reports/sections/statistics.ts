/** Counts and latencies by kind of operation, and the kinds of errors. */

import { EMPTY, type Html, html } from "../html.ts";
import type { PageModel } from "../page-model.ts";
import type { OperationCounts } from "../statistics.ts";
import { countOf, countText, durationText, listText, shareText } from "../units.ts";
import { clippedText } from "../value-text.ts";
import { andMore, opLink, section, table } from "./parts.ts";

const KINDS_MAX = 40;
const ERRORS_MAX = 25;
const MESSAGE_CHARS_MAX = 240;
const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8];

function statisticsRow(name: Html | string, { total, ok, fail, info, latency }: OperationCounts): Html {
  const took = (ns: number | undefined) => html`<td class="number">${ns === undefined ? "–" : durationText(ns)}</td>`;
  return html`<tr>
<th scope="row">${name}</th>
<td class="number">${countText(total)}</td>
<td class="number">${countText(ok)} <span class="note">${shareText(ok, total)}</span></td>
<td class="number">${countText(fail)}</td>
<td class="number">${countText(info)}</td>
${took(latency?.["0.5"])}${took(latency?.["0.95"])}${took(latency?.["0.99"])}${took(latency?.["1"])}
</tr>
`;
}

/** The statistics table. */
export function statisticsSection({ statistics }: PageModel): Html {
  if (statistics.all.total === 0) return EMPTY;
  const kinds = [...statistics.byF];
  const rows = kinds.slice(0, KINDS_MAX).map(([f, counts]) => statisticsRow(html`<code>${f}</code>`, counts));
  if (kinds.length > 1) rows.push(statisticsRow("all", statistics.all));
  return section(
    "statistics",
    "Statistics",
    "Latencies are of operations that ended ok: exact quantiles over the whole run.",
    html`${table(["Operation", "Begun", "ok", "fail", "info", "Median", "95 %", "99 %", "Longest"], rows, { numbers: NUMBERS })}${andMore(KINDS_MAX, kinds.length, "kinds")}`,
  );
}

/** The errors table. */
export function errorsSection({ errors }: PageModel): Html {
  if (errors.length === 0) return EMPTY;
  const total = errors.reduce((sum, { count }) => sum + count, 0);
  const rows = errors.slice(0, ERRORS_MAX).map(
    ({ code, f, type, count, message, firstIndex, nodes }) => html`<tr>
<th scope="row"><code>${code}</code>${message !== undefined && html`<p class="facts">${clippedText(message, MESSAGE_CHARS_MAX)}</p>`}</th>
<td><code>${f}</code></td>
<td><span class="chip ${type}">${type}</span></td>
<td class="number">${countText(count)}</td>
<td>${listText(nodes) || "–"}</td>
<td>${opLink(firstIndex)}</td>
</tr>
`,
  );
  return section(
    "errors",
    "Errors",
    `${countOf(total, "operation")} ended with an error. A fail certainly did not happen; nobody knows about an info.`,
    html`${table(["Error", "Operation", "Outcome", "Count", "Nodes", "First"], rows, { numbers: [3] })}${andMore(ERRORS_MAX, errors.length, "kinds")}`,
  );
}
