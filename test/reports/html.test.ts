import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeHtml, html, joined, scriptJson, visibleText } from "../../reports/html.ts";
import { HOSTILE } from "./hostile-run.ts";

const anyText = fc.string({ unit: "binary" });

describe("escapeHtml", () => {
  test("leaves no character that means something in markup", () => {
    fc.assert(fc.property(anyText, (text) => !/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/.test(escapeHtml(text))));
  });

  test("gives back the text when the entities are read again", () => {
    const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
    const read = (markup: string) =>
      markup.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? "");
    fc.assert(fc.property(anyText, (text) => read(escapeHtml(text)) === visibleText(text)));
  });
});

describe("visibleText", () => {
  test("writes out what cannot be seen or turns the text around", () => {
    expect(visibleText("a\u0000b\u202Ec\u2028d\u200be\ud800")).toBe("a\\u0000b\\u202ec\\u2028d\\u200be\\ud800");
    expect(visibleText("\u{e0041}")).toBe("\\u{e0041}");
  });

  test("leaves text that can be read alone, line breaks and other alphabets included", () => {
    for (const text of ["write 3\n\t→ ok", "größe", "日本語", "🙂", ""]) expect(visibleText(text)).toBe(text);
  });
});

describe("html", () => {
  test("escapes values, keeps markup, joins lists, leaves out nothing and false", () => {
    const inner = html`<b>${"<i>"}</b>`;
    const made = html`<p title="${'"'}">${inner}${[1, "&"]}${undefined}${null}${false}</p>`;
    expect(made.markup).toBe('<p title="&quot;"><b>&lt;i&gt;</b>1&amp;</p>');
    expect(joined(["a", "<"], " · ").markup).toBe("a · &lt;");
  });
});

describe("scriptJson", () => {
  test("reads back as the value and can neither end a script nor open a comment in it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { markup } = scriptJson(value);
        expect(markup).not.toMatch(/[<>\u2028\u2029]/);
        expect(JSON.parse(markup)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    for (const text of HOSTILE) expect(JSON.parse(scriptJson(text).markup)).toBe(text);
  });
});
