import { expect, test } from "vitest";
import type { FaultSpan } from "../../../reports/fault-spans.ts";
import { rateAxis } from "../../../reports/figures/axes.ts";
import { openPen } from "../../../reports/figures/pen.ts";
import { drawTimeFrame, timeFrame } from "../../../reports/figures/time-frame.ts";

function span(label: string, fromNs: number, toNs: number, startIndex: number): FaultSpan {
  const band = {
    family: "kill",
    f: "kill",
    value: null,
    startIndex,
    startTime: fromNs,
    install: "indeterminate",
  } as const;
  return { band, family: "kill", colour: 0, fromNs, toNs, proven: false, label, title: label };
}

async function labelsOf(spans: readonly FaultSpan[]): Promise<string[]> {
  const frame = timeFrame("wide", 100, 10e9, spans);
  const pen = await openPen();
  const figure = { width: frame.width, height: frame.height, label: "x", className: "wide" };
  const svg = pen.figure(figure, (shape) =>
    drawTimeFrame(shape, frame, rateAxis(1, [frame.bottom, frame.top], 2), spans),
  );
  return Array.from(svg.markup.matchAll(/class="strip-label"[^>]*>([^<]*)</g), ([, text]) => text ?? "");
}

test("labels of spans that overlap do not run into each other", async () => {
  const long = "kill all: n1 n2 n3 n4 n5, signal: KILL, and a good deal more of it";
  expect(await labelsOf([span(long, 0, 10e9, 0)])).toEqual([long]);
  const [first, second] = await labelsOf([span(long, 0, 10e9, 0), span(long, 2e9, 10e9, 4)]);
  expect(first).toMatch(/^kill all: n1 .*…$/);
  expect(first!.length * 6.8).toBeLessThan(0.2 * 1040);
  expect(second).toBe(long);
  expect(await labelsOf([span(long, 0, 10e9, 0), span(long, 0, 10e9, 4)])).toEqual([long]);
});
