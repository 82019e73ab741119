/**
 * The operations of a contradiction, one row each, from invocation to completion. Distances are not times: every event
 * is one step to the right of the one before it, because the order of events is what contradicts.
 */

import type { Operation } from "../../src/history/pairs.ts";
import type { Part } from "../contradictions.ts";
import type { Html } from "../html.ts";
import { outcomeOf } from "../statistics.ts";
import { askedAndGot, clippedText } from "../value-text.ts";
import { lineAt, type Pen, rectAt, type Shape, textAt } from "./pen.ts";
import type { FigureSize } from "./time-frame.ts";

/** Operations that the figure shows at most; a minimal contradiction has fewer. */
const PARTS_MAX = 16;
const BOX_PX = 26;
const CHARACTER_PX = 7.3;

/** Measures: on a wide page the actor stands to the left of its row, on a narrow one above it. */
interface Measures {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly rowPx: number;
  readonly boxTop: number;
  readonly actorTop: number;
}

const MEASURES: Readonly<Record<FigureSize, Measures>> = {
  wide: { width: 1040, left: 170, right: 1030, rowPx: 38, boxTop: 6, actorTop: 24 },
  narrow: { width: 360, left: 0, right: 358, rowPx: 56, boxTop: 22, actorTop: 15 },
};

/** An operation's place: the rank of its first and last event among all events shown. */
export interface RankedPart {
  readonly operation: Operation;
  readonly from: number;
  /** Absent when its end takes no part, or is not known: it may have happened at any time from then on. */
  readonly to?: number;
}

/** Numbers the events that take part in the order of the history. */
export function rankedParts(parts: readonly Part[]): {
  readonly ranked: readonly RankedPart[];
  readonly events: number;
} {
  const endOf = ({ operation, ends }: Part) =>
    ends && outcomeOf(operation) !== "info" ? operation.completion?.index : undefined;
  const events = parts.flatMap((part) => [part.operation.invoke.index, endOf(part) ?? []].flat()).sort((a, b) => a - b);
  const rank = new Map(events.map((index, at) => [index, at]));
  const ranked = parts.map((part): RankedPart => {
    const { operation } = part;
    const to = rank.get(endOf(part) ?? -1);
    return { operation, from: rank.get(operation.invoke.index) ?? 0, ...(to !== undefined && { to }) };
  });
  return { ranked, events: events.length };
}

/** What an operation did, in a line: `write 3`, `read → 1`, `cas [1 2], timeout`. */
export function operationText(operation: Operation, charsMax: number): string {
  const { asked, got } = askedAndGot(operation, charsMax);
  const call = asked === "" ? operation.invoke.f : `${operation.invoke.f} ${asked}`;
  if (got !== "") return clippedText(`${call} → ${got}`, charsMax);
  const error = operation.completion?.error?.code;
  if (operation.completion === undefined) return clippedText(`${call}, never answered`, charsMax);
  return clippedText(error === undefined ? call : `${call}, ${error}`, charsMax);
}

/** Who did an operation: `process 3 on n4`. */
export function actorText({ invoke, completion }: Operation): string {
  const node = completion?.node ?? invoke.node;
  const who = typeof invoke.process === "number" ? `process ${invoke.process}` : invoke.process;
  return node === undefined ? who : `${who} on ${node}`;
}

/** Draws them. */
export function contradictionFigure(pen: Pen, size: FigureSize, parts: readonly Part[]): Html {
  const { ranked, events } = rankedParts(parts.slice(0, PARTS_MAX));
  const { width, left, right, rowPx } = MEASURES[size];
  const height = ranked.length * rowPx + 6;
  // An open end reaches one step beyond the last event.
  const x = (rank: number) => left + ((right - left) * rank) / Math.max(1, events - (ranked.some(isOpen) ? 0 : 1));
  const label = `Order of the ${ranked.length} operations that contradict each other`;
  return pen.figure({ width, height, className: `${size} order`, label }, (svg) => {
    for (let rank = 0; rank < events; rank++) lineAt(svg, [x(rank), 2], [x(rank), height - 2], "guide");
    for (const [row, one] of ranked.entries()) drawRow(svg, one, row * rowPx, x, MEASURES[size]);
  });
}

function isOpen({ to }: RankedPart): boolean {
  return to === undefined;
}

function drawRow(
  svg: Shape,
  { operation, from, to }: RankedPart,
  top: number,
  x: (rank: number) => number,
  m: Measures,
): void {
  const y = top + m.boxTop;
  const right = to === undefined ? m.right : x(to);
  const left = x(from);
  const outcome = outcomeOf(operation);
  textAt(svg, 0, top + m.actorTop, "order-actor", clippedText(actorText(operation), m.left > 0 ? 22 : 48));
  rectAt(svg, left, y, right - left, BOX_PX, `box ${outcome}${to === undefined ? " open" : ""}`).attr("rx", 4);
  const charsIn = (px: number) => Math.floor((px - 14) / CHARACTER_PX);
  const text = operationText(operation, 60);
  // The text stands in its box where it fits; else on the side where it does, or where there is more room.
  if (charsIn(right - left) >= text.length) textAt(svg, left + 8, y + 17, "order-text in", text);
  else if (charsIn(m.width - right) >= text.length || m.width - right >= left - m.left) {
    textAt(svg, right + 7, y + 17, "order-text", clippedText(text, Math.max(6, charsIn(m.width - right))));
  } else textAt(svg, left - 7, y + 17, "order-text end", clippedText(text, Math.max(6, charsIn(left - m.left))));
}
