/** The contradiction in words, as a picture, and operation by operation. */

import type { Contradiction } from "../contradictions.ts";
import { faultsAround } from "../fault-spans.ts";
import { contradictionFigure, operationText } from "../figures/contradiction.ts";
import type { Pen } from "../figures/pen.ts";
import { EMPTY, type Html, html } from "../html.ts";
import type { PageModel } from "../page-model.ts";
import { latencyOf, outcomeOf } from "../statistics.ts";
import { countOf, durationText, momentText } from "../units.ts";
import { andMore, opLink, section, table } from "./parts.ts";

/** Operations of one contradiction that are listed, and contradictions beside the first one. */
const PARTS_MAX = 40;
const OTHERS_MAX = 20;
const STATES_MAX = 16;
const TEXT_CHARS_MAX = 120;

function operationRows({ parts }: Contradiction): readonly Html[] {
  return parts.slice(0, PARTS_MAX).map(({ operation }) => {
    const { invoke, completion } = operation;
    const outcome = outcomeOf(operation);
    const latency = latencyOf(operation);
    return html`<tr>
<td>${opLink(invoke.index)}</td>
<td>${invoke.process}</td>
<td>${completion?.node ?? invoke.node ?? "–"}</td>
<td class="call"><code>${operationText(operation, TEXT_CHARS_MAX)}</code></td>
<td><span class="chip ${outcome}">${completion === undefined ? "open" : outcome}</span></td>
<td class="number">${momentText(invoke.time)}</td>
<td class="number">${latency === undefined ? "–" : durationText(latency)}</td>
</tr>
`;
  });
}

function picture({ parts }: Contradiction, pen: Pen | undefined): Html {
  if (pen === undefined || parts.length === 0) return EMPTY;
  return html`<figure>${contradictionFigure(pen, "wide", parts)}${contradictionFigure(pen, "narrow", parts)}
<figcaption>Each bar reaches from an operation's invocation to its completion; one with a dashed line may have happened at any later time. Steps to the right are events in their order, not time.</figcaption></figure>`;
}

function statesList({ states }: Contradiction): Html {
  if (states.length === 0) return EMPTY;
  const items = states.slice(0, STATES_MAX).map(({ state, reason }) => html`<li><code>${state}</code>: ${reason}</li>`);
  return html`<details><summary>What was possible right before, and why it does not go on</summary><ul>${items}</ul></details>`;
}

function othersList(contradictions: readonly Contradiction[]): Html {
  if (contradictions.length === 0) return EMPTY;
  const items = contradictions
    .slice(0, OTHERS_MAX)
    .map(
      ({ key, sentence, parts }) =>
        html`<li>${key !== undefined && html`<b>Key ${key}.</b> `}${sentence} <span class="note">${parts
          .slice(0, PARTS_MAX)
          .map(({ operation }) => [opLink(operation.invoke.index), " "])}</span></li>`,
    );
  return html`<details><summary>${countOf(contradictions.length, "further failure")}</summary>
<ul>${items}</ul>${andMore(OTHERS_MAX, contradictions.length, "in results.json")}</details>`;
}

function introOf({ parts, key, checker, kind }: Contradiction): string {
  const on = key === undefined ? "" : ` on key ${key}`;
  const count = countOf(parts.length, "operation");
  const what = {
    minimal: `${count}${on} that cannot all be true. None of them can be left out or weakened.`,
    contradiction: `${count}${on} that cannot all be true.`,
    stuck: `The last ${count}${on}, up to the one that no order of all operations before it explains.`,
  }[kind];
  return `${what} Found by the check ${checker}.`;
}

/** Which faults were in force from the first invocation to the last end that takes part. */
function faultsThen({ faults }: PageModel, { parts }: Contradiction): Html {
  if (faults === undefined || parts.length === 0) return EMPTY;
  const from = Math.min(...parts.map(({ operation }) => operation.invoke.time));
  const to = Math.max(
    ...parts.map(({ operation, ends }) => ((ends ? operation.completion : undefined) ?? operation.invoke).time),
  );
  return html`<p>${faultsAround(faults, from, to)}</p>`;
}

/** The first contradiction in full, the others in a sentence each. */
export function contradictionSection(model: PageModel, pen: Pen | undefined): Html {
  const [first, ...rest] = model.contradictions;
  if (first === undefined) return EMPTY;
  const { parts, sentence } = first;
  const list = table(["Op", "Process", "Node", "Operation", "Outcome", "Began", "Took"], operationRows(first), {
    numbers: [5, 6],
  });
  return section(
    "contradiction",
    first.kind === "stuck" ? "Where it goes wrong" : "The contradiction",
    introOf(first),
    html`<p class="sentence">${sentence}</p>
${faultsThen(model, first)}
${picture(first, pen)}
${list}
${andMore(PARTS_MAX, parts.length, "operations")}
${statesList(first)}
${othersList(rest)}`,
  );
}
