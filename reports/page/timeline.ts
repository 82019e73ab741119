/** The timeline: a window over the history, moved and filtered by the reader. */

import type { PageData } from "./data.ts";
import { drawDetails, drawLanes } from "./lanes.ts";
import type { PageWindow } from "./layout.ts";
import { openOperations, type PageOperation } from "./operations.ts";
import { countText, matches, momentText } from "./texts.ts";

/** Bars drawn at once; the window goes on where they end. */
const BARS_MAX = 600;
const WINDOW_MICROS_MIN = 500;
const SHIFT = 0.7;

function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`This page has no ${id}.`);
  return found;
}

/** Starts the timeline of this page. */
export function startTimeline(data: PageData): void {
  const lanes = byId("lanes", HTMLDivElement);
  const details = byId("details", HTMLDivElement);
  const note = byId("timeline-note", HTMLParagraphElement);
  const key = byId("filter-key", HTMLInputElement);
  const f = byId("filter-f", HTMLSelectElement);
  const text = byId("filter-text", HTMLInputElement);
  const toScale = byId("to-scale", HTMLInputElement);
  const shown = {
    ok: byId("show-ok", HTMLInputElement),
    fail: byId("show-fail", HTMLInputElement),
    info: byId("show-info", HTMLInputElement),
  };
  const overview = byId("overview", HTMLDivElement);
  const overviewWindow = byId("overview-window", HTMLDivElement);
  const operations = openOperations(data, (chunk) => document.getElementById(`chunk-${chunk}`)?.textContent ?? "");
  const marked = new Set(data.focus.indexes);

  let window: PageWindow = data.focus;
  let chosen: number | undefined;
  let drawing = 0;
  let drawnUntil = window.to;

  const wanted = (one: PageOperation): boolean => {
    if (!shown[one.outcome === "open" ? "info" : one.outcome].checked) return false;
    if (f.value !== "" && one.f !== f.value) return false;
    // Fault operations stay: what the nemesis did is what the others must be read against.
    const nemesis = typeof one.process === "string";
    if (key.value.trim() !== "" && one.key !== key.value.trim() && !nemesis) return false;
    const words = text.value.trim();
    return words === "" || words.startsWith("#") || matches(one, words);
  };

  const say = (all: number, drawn: number, missing: boolean) => {
    const range = `${momentText(window.from)} to ${momentText(window.to)}`;
    const parts = [
      drawn < all
        ? `${range}: the first ${countText(drawn)} of ${countText(all)} operations. Zoom in or go on to the right for the others.`
        : `${range}: ${countText(all)} operations.`,
    ];
    if (key.value.trim() !== "") parts.push(`Only key ${key.value.trim()} and faults.`);
    if (missing) parts.push("Some operations of this time are not on this page; history.jsonl has them.");
    note.textContent = parts.join(" ");
  };

  const choose = (operation: PageOperation) => {
    chosen = operation.index;
    drawDetails(details, operation);
    for (const bar of lanes.querySelectorAll<HTMLElement>(".bar")) {
      bar.classList.toggle("chosen", bar.dataset.index === String(chosen));
    }
  };

  const draw = async () => {
    const turn = ++drawing;
    const share = (time: number) => `${((100 * time) / Math.max(1, data.until)).toFixed(3)}%`;
    overviewWindow.style.left = share(window.from);
    overviewWindow.style.width = share(window.to - window.from);
    const found = await operations.between(window.from, window.to);
    if (turn !== drawing) return;
    const all = found.operations.filter(wanted);
    const drawn = all.slice(0, BARS_MAX);
    const usedOnly = key.value.trim() !== "" || f.value !== "" || text.value.trim() !== "";
    drawnUntil = drawn.length < all.length ? (drawn.at(-1)?.from ?? window.to) : window.to;
    const view = {
      window: { from: window.from, to: drawnUntil },
      operations: drawn,
      toScale: toScale.checked,
      usedOnly,
      marked,
    };
    drawLanes(lanes, data, view, (operation, isChosen) => {
      if (isChosen) history.replaceState(null, "", `#op-${operation.index}`);
      if (isChosen) choose(operation);
      else if (chosen === undefined) drawDetails(details, operation);
    });
    say(all.length, drawn.length, found.missing);
    for (const bar of lanes.querySelectorAll<HTMLElement>(".bar")) {
      if (bar.dataset.index === String(chosen)) bar.classList.add("chosen");
    }
  };

  const move = (from: number, width: number): Promise<void> => {
    const wide = Math.min(Math.max(width, WINDOW_MICROS_MIN), Math.max(data.until, WINDOW_MICROS_MIN));
    const start = Math.min(Math.max(0, from), Math.max(0, data.until - wide));
    window = { from: start, to: start + wide };
    lanes.scrollLeft = 0;
    return draw();
  };
  const width = () => window.to - window.from;
  const zoom = (factor: number) => move(window.from + (width() * (1 - factor)) / 2, width() * factor);
  const centre = (time: number) => move(time - width() / 2, width());

  const intoView = (index: number) => {
    const bar = lanes.querySelector<HTMLElement>(`.bar[data-index="${index}"]`);
    if (bar) lanes.scrollLeft = Math.max(0, bar.offsetLeft - lanes.clientWidth / 2);
  };

  const toFocus = async () => {
    key.value = data.focus.key ?? "";
    await move(data.focus.from, data.focus.to - data.focus.from);
    const [first] = data.focus.indexes;
    if (first !== undefined) intoView(first);
  };

  const go = async (index: number) => {
    const operation = await operations.at(index);
    if (operation === undefined) {
      note.textContent = `Operation #${index} is not on this page; history.jsonl has it.`;
      return;
    }
    for (const filter of [key, f, text]) filter.value = "";
    for (const box of Object.values(shown)) box.checked = true;
    if (marked.has(operation.index)) key.value = data.focus.key ?? "";
    chosen = operation.index;
    // As many neighbours as can be read: the window shrinks until the operation is among the bars drawn.
    await centre(operation.from);
    while (!lanes.querySelector(`.bar[data-index="${operation.index}"]`) && width() > WINDOW_MICROS_MIN) {
      await move(operation.from - width() / 8, width() / 4);
    }
    choose(operation);
    intoView(operation.index);
    document.getElementById("timeline")?.scrollIntoView({ block: "start" });
  };

  const goToHash = () => {
    const index = /^#op-(\d+)$/.exec(location.hash)?.[1];
    if (index !== undefined) void go(Number(index));
  };

  for (const name of data.fs) {
    const option = document.createElement("option");
    option.value = name;
    option.textContent = name;
    f.append(option);
  }
  byId("earlier", HTMLButtonElement).addEventListener("click", () => void move(window.from - SHIFT * width(), width()));
  byId("later", HTMLButtonElement).addEventListener("click", () => {
    void move(drawnUntil < window.to ? drawnUntil : window.from + SHIFT * width(), width());
  });
  byId("closer", HTMLButtonElement).addEventListener("click", () => void zoom(0.5));
  byId("wider", HTMLButtonElement).addEventListener("click", () => void zoom(2));
  document.getElementById("to-focus")?.addEventListener("click", () => void toFocus());
  for (const filter of [key, f, text, toScale, ...Object.values(shown)]) {
    filter.addEventListener("input", () => void draw());
  }
  text.addEventListener("change", () => {
    const index = /^#(\d+)$/.exec(text.value.trim())?.[1];
    if (index !== undefined) void go(Number(index));
  });
  const overviewTime = (event: PointerEvent) => {
    const box = overview.getBoundingClientRect();
    return ((event.clientX - box.left) / Math.max(1, box.width)) * data.until;
  };
  overview.addEventListener("pointerdown", (event) => {
    overview.setPointerCapture(event.pointerId);
    void centre(overviewTime(event));
  });
  overview.addEventListener("pointermove", (event) => {
    if (overview.hasPointerCapture(event.pointerId)) void centre(overviewTime(event));
  });
  lanes.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      void zoom(event.deltaY > 0 ? 1.25 : 0.8);
    },
    { passive: false },
  );
  addEventListener("hashchange", goToHash);
  byId("timeline-view", HTMLDivElement).hidden = false;
  void toFocus().then(goToHash);
}
