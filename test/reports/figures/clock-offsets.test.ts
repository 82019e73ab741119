import { expect, test } from "vitest";
import { clockFigure, clockSeries, isTrue } from "../../../reports/figures/clock-offsets.ts";
import { openPen } from "../../../reports/figures/pen.ts";
import { renderReport } from "../../../reports/report.ts";
import type { Op } from "../../../src/history/op.ts";
import { validRun } from "../sample-runs.ts";

function measured(time: number, clockOffsets: unknown, type: Op["type"] = "ok"): Op {
  return { index: time, time, type, process: "nemesis:clock", f: "bump-clock", value: { clockOffsets } };
}

const HISTORY = [
  measured(1, { n1: 0, n2: 0.001 }, "invoke"),
  measured(2, { n1: 0, n2: 60, n3: -30 }),
  measured(5, { n1: 0.0004, n2: 0, n3: "?" }, "info"),
  measured(6, null),
  measured(7, [4]),
];

test("offsets are read from completions, by node, those that were off first", () => {
  const series = clockSeries(HISTORY);
  expect(series).toEqual([
    {
      node: "n2",
      points: [
        [2, 60],
        [5, 0],
      ],
    },
    { node: "n3", points: [[2, -30]] },
    {
      node: "n1",
      points: [
        [2, 0],
        [5, 0.0004],
      ],
    },
  ]);
  expect(series.map(isTrue)).toEqual([false, false, true]);
});

test("each node has a line of steps", async () => {
  const svg = clockFigure(await openPen(), "wide", clockSeries(HISTORY).slice(0, 2), [], 10).markup;
  expect(svg.match(/class="line node family-\d"/g)).toHaveLength(2);
  expect(svg).toMatch(/d="M[\d.]+ [\d.]+H[\d.]+V[\d.]+"/);
  expect(svg).toContain("+10 s");
});

test("the report has the clocks of a run that shifted them, and of no other", async () => {
  const plain = validRun("/nowhere");
  expect(await renderReport(plain)).not.toContain('<section id="clocks"');
  const last = plain.history.at(-1) as Op;
  const shifted = [2, 3].map((n) => ({
    ...measured(last.time + n, { n1: 0, n2: n === 2 ? 60 : 0 }),
    index: last.index + n,
  }));
  const invoked = shifted.flatMap((op) => [{ ...op, type: "invoke" as const, value: null }, op]);
  const history = [...plain.history, ...invoked].map((op, index) => ({ ...op, index }));
  const page = await renderReport({ ...plain, history });
  expect(page).toContain('<section id="clocks"');
  expect(page).toContain("True all the time: n1.");
});
