/** Draws the lanes. Everything that came from a database enters the page as text, never as markup. */

import type { PageData, PageLane } from "./data.ts";
import { type Layout, type PageWindow, readableLayout, scaledLayout } from "./layout.ts";
import type { PageOperation } from "./operations.ts";
import { callText, detailTexts, momentText } from "./texts.ts";

/** What is to be drawn. */
export interface LanesView {
  readonly window: PageWindow;
  readonly operations: readonly PageOperation[];
  readonly toScale: boolean;
  /** Whether lanes without an operation are left out. */
  readonly usedOnly: boolean;
  /** Operations of the contradiction, by index. */
  readonly marked: ReadonlySet<number>;
}

/** Told when the reader points at an operation, or chooses it. */
export type OnOperation = (operation: PageOperation, chosen: boolean) => void;

const ROW_PX = 32;
const BAR_PX = 24;
const HEAD_PX = 22;
const TICK_PX = 150;
const LABEL_PX = 92;
const CHARACTER_PX = 6.7;
const TEXT_CHARS_MAX = 30;
/** With more lanes than this, those without an operation in the window are left out. */
const LANES_MAX = 30;

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  text = "",
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function place(target: HTMLElement, left: number, top: number, width: number, height: number): void {
  target.style.left = `${left}px`;
  target.style.top = `${top}px`;
  target.style.width = `${width}px`;
  target.style.height = `${height}px`;
}

/** Which lanes get a row, by their number. */
function rowsOf(lanes: readonly PageLane[], { operations, usedOnly }: LanesView): Map<number, number> {
  const used = new Set(operations.map(({ lane }) => lane));
  const all = !usedOnly && lanes.length <= LANES_MAX;
  const shown = lanes.flatMap((_, lane) => (all || used.has(lane) ? [lane] : []));
  return new Map(shown.map((lane, row) => [lane, row]));
}

function barText(operation: PageOperation): string {
  const text = callText(operation);
  return text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX - 1)}…` : text;
}

function drawTicks(canvas: HTMLElement, layout: Layout, height: number): void {
  for (let x = 0; x <= layout.width - TICK_PX / 2; x += TICK_PX) {
    const tick = element("div", "tick", momentText(layout.time(x)));
    place(tick, x, 0, TICK_PX, height);
    canvas.append(tick);
  }
}

function drawSpans(canvas: HTMLElement, layout: Layout, data: PageData, window: PageWindow, height: number): void {
  for (const span of data.spans) {
    if (span.to < window.from || span.from > window.to) continue;
    const left = span.from <= window.from ? 0 : layout.x(span.from);
    const right = span.to >= window.to ? layout.width : layout.x(span.to);
    const band = element("div", `lane-band family-${span.colour}${span.proven ? "" : " doubted"}`);
    band.title = span.label;
    place(band, left, 0, Math.max(2, right - left), height);
    canvas.append(band);
  }
}

function barOf(operation: PageOperation, marked: boolean, onOperation: OnOperation): HTMLButtonElement {
  const bar = element("button", `bar ${operation.outcome}${marked ? " marked" : ""}`, barText(operation));
  bar.type = "button";
  bar.dataset.index = String(operation.index);
  bar.title = [callText(operation), ...detailTexts(operation)].join("\n");
  bar.addEventListener("pointerenter", () => onOperation(operation, false));
  bar.addEventListener("focus", () => onOperation(operation, false));
  bar.addEventListener("click", () => onOperation(operation, true));
  return bar;
}

/** Draws the view into `root` in place of what was there. */
export function drawLanes(root: HTMLElement, data: PageData, view: LanesView, onOperation: OnOperation): void {
  const rows = rowsOf(data.lanes, view);
  const height = HEAD_PX + rows.size * ROW_PX;
  const room = Math.max(240, root.clientWidth - LABEL_PX - 2);
  const layout = view.toScale
    ? scaledLayout(view.operations, view.window, room)
    : readableLayout(view.operations, view.window, (one) => 18 + barText(one).length * CHARACTER_PX, room);
  const canvas = element("div", "canvas");
  canvas.style.width = `${layout.width}px`;
  canvas.style.height = `${height}px`;
  drawSpans(canvas, layout, data, view.window, height);
  drawTicks(canvas, layout, height);
  const labels = element("div", "lane-labels");
  for (const [lane, row] of rows) {
    const label = element(
      "div",
      data.lanes[lane]?.nemesis ? "lane-label nemesis" : "lane-label",
      data.lanes[lane]?.label,
    );
    place(label, 0, HEAD_PX + row * ROW_PX, LABEL_PX, ROW_PX);
    const line = element("div", "lane-line");
    place(line, 0, HEAD_PX + (row + 1) * ROW_PX - 1, layout.width, 1);
    labels.append(label);
    canvas.append(line);
  }
  for (const { operation, left, width } of layout.bars) {
    const row = rows.get(operation.lane);
    if (row === undefined) continue;
    const bar = barOf(operation, view.marked.has(operation.index), onOperation);
    place(bar, left, HEAD_PX + row * ROW_PX + (ROW_PX - BAR_PX) / 2, width, BAR_PX);
    canvas.append(bar);
  }
  labels.style.height = `${height}px`;
  root.replaceChildren(labels, canvas);
}

/** Writes what is said of an operation. */
export function drawDetails(root: HTMLElement, operation: PageOperation): void {
  const head = element("p", "details-call");
  head.append(
    element("code", "", callText(operation)),
    element("span", `chip ${operation.outcome}`, operation.outcome),
  );
  const facts = element("p", "facts");
  for (const text of detailTexts(operation)) facts.append(element("span", "", text));
  root.replaceChildren(head, facts);
}
