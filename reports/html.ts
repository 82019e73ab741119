/**
 * Markup that cannot be injected into: a template tag that escapes every value that is not markup already, and JSON
 * that no script element can be left from. Whatever a database answered reaches the page through here.
 */

/** A piece of finished markup. Only `html`, `joined` and `trustedMarkup` make one. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in a template: text is escaped, markup kept, a list joined, nothing and `false` left out. */
export type HtmlValue = string | number | Html | undefined | null | false | readonly HtmlValue[];

/** Nothing. */
export const EMPTY: Html = new Html("");

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Characters that a reader cannot see or that reorder their neighbours: controls (tab and newline stay), formatting
 * such as zero-width and bidirectional marks, line and paragraph separators, and half of a surrogate pair.
 */
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

function escapeSequence(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`;
}

/** The text with every invisible or reordering character written as `\uXXXX`, so that a value is read as it is. */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, escapeSequence);
}

/** The text as markup, safe as an element's content and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Markup made elsewhere by code that escapes on its own, such as a serialised SVG tree. Never for a value. */
export function trustedMarkup(markup: string): Html {
  return new Html(markup);
}

function render(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return "";
  if (value instanceof Html) return value.markup;
  if (typeof value === "object") return value.map(render).join("");
  return escapeHtml(String(value));
}

/** Markup with values put in: ``html`<td>${op.value}</td>` ``. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = parts[0] ?? "";
  for (const [at, value] of values.entries()) markup += render(value) + (parts[at + 1] ?? "");
  return new Html(markup);
}

/** The pieces with a separator between them. */
export function joined(pieces: readonly HtmlValue[], separator: HtmlValue): Html {
  return new Html(pieces.map(render).join(render(separator)));
}

/** JSON that can stand inside a script element: no `<` to end or open a tag, no line separators. */
export function scriptJson(value: unknown): Html {
  return new Html(JSON.stringify(value).replace(/[<>\u2028\u2029]/g, escapeSequence));
}
