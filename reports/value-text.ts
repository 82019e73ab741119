/** Values of operations as short text: JSON, cut to a length, whatever their size and depth. */

import { isNemesisProcess } from "../src/history/op.ts";
import type { Operation } from "../src/history/pairs.ts";
import { sameValue } from "../src/history/value.ts";

/** A value still to be printed, or text that is ready. */
type Pending = { readonly value: unknown } | { readonly text: string };

function scalarText(value: unknown, charsMax: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, charsMax));
  if (typeof value === "bigint") return String(value);
  return JSON.stringify(value) ?? "undefined";
}

/** What a container consists of, in the order in which it is printed; no more of it than could be shown. */
function partsOf(container: object, charsMax: number): Pending[] {
  if (Array.isArray(container)) {
    const items = container.slice(0, charsMax);
    return [
      { text: "[" },
      ...items.flatMap((value, at) => (at === 0 ? [{ value }] : [{ text: " " }, { value }])),
      { text: "]" },
    ];
  }
  const parts: Pending[] = [{ text: "{" }];
  for (const [name, value] of Object.entries(container).slice(0, charsMax)) {
    if (parts.length > 1) parts.push({ text: ", " });
    parts.push({ text: `${/^[\w-]+$/.test(name) ? name : scalarText(name, charsMax)}: ` }, { value });
  }
  parts.push({ text: "}" });
  return parts;
}

/**
 * A value in at most `charsMax` characters, `…` at the end of one that was cut: scalars as JSON, lists as `[1 2]`,
 * records as `{a: 1}`. Works on values of any depth and takes time in proportion to what is shown.
 */
export function valueText(value: unknown, charsMax: number): string {
  const stack: Pending[] = [{ value }];
  let out = "";
  while (stack.length > 0 && out.length <= charsMax) {
    const next = stack.pop() as Pending;
    if ("text" in next) out += next.text;
    else if (typeof next.value === "object" && next.value !== null)
      stack.push(...partsOf(next.value, charsMax).reverse());
    else out += scalarText(next.value, charsMax + 1);
  }
  return out.length > charsMax ? `${out.slice(0, Math.max(0, charsMax - 1))}…` : out;
}

/** A plain text in at most `charsMax` characters. */
export function clippedText(text: string, charsMax: number): string {
  return text.length > charsMax ? `${text.slice(0, Math.max(0, charsMax - 1))}…` : text;
}

/** What was asked of an operation, and what it answered if that says more. */
export interface AskedAndGot {
  /** Empty when the operation has no argument. */
  readonly asked: string;
  /** Empty when the completion only repeats the argument. */
  readonly got: string;
}

/** The value of a fault in words: its own description where it has one, targets and their nodes, names with spaces between them, else as any value. */
export function faultText(value: unknown, charsMax: number): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return clippedText(value, charsMax);
  if (Array.isArray(value) && value.every((item) => typeof item === "string"))
    return clippedText(value.join(" "), charsMax);
  const { description, targets, nodes, ...rest } = value as Record<string, unknown>;
  if (typeof description === "string") return clippedText(description, charsMax);
  const named = Array.isArray(nodes) && nodes.length > 0 && nodes.every((node) => typeof node === "string");
  if (typeof targets !== "string" || !(named || nodes === undefined)) return valueText(value, charsMax);
  const more = Object.entries(rest).map(([name, inner]) => `, ${name}: ${valueText(inner, charsMax)}`);
  return clippedText(`${targets}${named ? `: ${nodes.join(" ")}` : ""}${more.join("")}`, charsMax);
}

/** An answer as text: a compare-and-set whose comparison was false says just that. */
function answerText(value: unknown, charsMax: number): string {
  const isFalseCas = typeof value === "object" && value !== null && (value as { swapped?: unknown }).swapped === false;
  return isFalseCas ? "not swapped" : valueText(value, charsMax);
}

/** An operation's argument and answer as text, each in at most `charsMax` characters; of a fault, what it came to. */
export function askedAndGot({ invoke, completion }: Operation, charsMax: number): AskedAndGot {
  if (isNemesisProcess(invoke.process))
    return { asked: faultText(completion?.value ?? invoke.value, charsMax), got: "" };
  const asked = invoke.value === undefined || invoke.value === null ? "" : valueText(invoke.value, charsMax);
  if (completion?.type !== "ok") return { asked, got: "" };
  // Asked with nothing and answered with null: a read that found nothing, which is an answer all the same.
  if (asked === "") return { asked, got: completion.value === undefined ? "" : answerText(completion.value, charsMax) };
  return { asked, got: sameValue(invoke.value, completion.value) ? "" : answerText(completion.value, charsMax) };
}
