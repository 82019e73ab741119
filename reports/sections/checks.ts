/** Every checker's answer. */

import { checkRowsOf } from "../checks.ts";
import { EMPTY, type Html, html } from "../html.ts";
import type { PageModel } from "../page-model.ts";
import { section, table, verdictMark } from "./parts.ts";

/** The checkers, the worst verdicts first. */
export function checksSection({ input }: PageModel): Html {
  const rows = checkRowsOf(input.results);
  if (rows.length === 0) return EMPTY;
  const body = rows.map(
    ({ name, result, facts }) => html`<tr>
<th scope="row">${name}</th>
<td>${verdictMark(result.valid)}</td>
<td class="prose">${result.summary ?? "no summary"}${
      facts.length > 0 &&
      html`<p class="facts">${facts.map((fact) => html`<span>${fact.name} <b>${fact.value}</b></span>`)}</p>`
    }</td>
</tr>
`,
  );
  return section("checks", "Checks", undefined, table(["Check", "Verdict", "What it found"], body, { stacked: true }));
}
