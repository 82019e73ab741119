/** Small pieces of markup that several sections use. */

import type { Verdict } from "../../src/test.ts";
import { type Html, type HtmlValue, html } from "../html.ts";

/** A section with its heading, and a line that says what it shows. */
export function section(id: string, title: string, intro: HtmlValue, content: HtmlValue): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${intro ? html`<p class="intro">${intro}</p>` : undefined}
${content}
</section>
`;
}

/** A verdict in a word, with a sign that needs no colour. */
export function verdictMark(verdict: Verdict): Html {
  if (verdict === true) return html`<span class="mark-verdict tone-valid">✓ valid</span>`;
  if (verdict === false) return html`<span class="mark-verdict tone-invalid">✕ invalid</span>`;
  return html`<span class="mark-verdict tone-unknown">? unknown</span>`;
}

/** A link to an operation: the timeline goes there. */
export function opLink(index: number): Html {
  return html`<a class="op-link" href="#op-${index}">#${index}</a>`;
}

/** A flag with its value, or another word, as a shell would read them. */
const COMMAND_PARTS = /((?:--[^\s=']+ (?!--))?(?:'[^']*'|\\.|[^\s'])+)/;

/** A command with a button that copies it. Lines break between its parts, not inside a flag. */
export function commandLine(command: string): Html {
  const parts = command
    .split(COMMAND_PARTS)
    .map((part, at) => (at % 2 === 1 ? html`<span class="part">${part}</span>` : part));
  return html`<div class="command"><pre><code>${parts}</code></pre><button type="button" class="copy" hidden>Copy</button></div>`;
}

/**
 * A table that scrolls on its own when the screen is too narrow for it. Columns in `numbers` are right-aligned. Rows of
 * a stacked one become blocks on a phone.
 */
export function table(
  head: readonly string[],
  rows: readonly Html[],
  { numbers = [], stacked = false }: { readonly numbers?: readonly number[]; readonly stacked?: boolean } = {},
): Html {
  const cells = head.map(
    (name, at) => html`<th scope="col"${numbers.includes(at) && html` class="number"`}>${name}</th>`,
  );
  return html`<div class="table-scroll" tabindex="0"><table${stacked && html` class="stacked"`}>
<thead><tr>${cells}</tr></thead>
<tbody>
${rows}</tbody>
</table></div>
`;
}

/** How many there are beyond those shown. */
export function andMore(shown: number, total: number, noun: string): Html | undefined {
  if (total <= shown) return undefined;
  return html`<p class="note">and ${total - shown} more ${noun}</p>`;
}
