import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Layout, readableLayout, scaledLayout } from "../../../reports/page/layout.ts";
import type { PageOperation } from "../../../reports/page/operations.ts";

const LANES = 4;
const TEXT_PX = 60;

/** Operations of a few lanes, one after the other in each; some never end. Indexes number all events in order. */
const histories = fc
  .array(fc.tuple(fc.integer({ min: 0, max: LANES - 1 }), fc.nat(5000), fc.nat(5000), fc.boolean()), { maxLength: 40 })
  .map((seeds) => {
    const free = Array.from({ length: LANES }, () => 0);
    const raw = seeds.flatMap(([lane, wait, took, ends]) => {
      const from = free[lane]! + wait;
      if (!Number.isFinite(from)) return [];
      free[lane] = ends ? from + took + 1 : Number.POSITIVE_INFINITY;
      return [{ lane, from, to: ends ? from + took : undefined }];
    });
    const last = raw.reduce((max, { from, to }) => Math.max(max, to ?? from), 0);
    const events = raw
      .flatMap(({ from, to }, at) => [
        { at, time: from, end: false },
        ...(to === undefined ? [] : [{ at, time: to, end: true }]),
      ])
      .sort((a, b) => a.time - b.time || a.at - b.at || Number(a.end) - Number(b.end));
    const indexOf = (at: number, end: boolean) => events.findIndex((event) => event.at === at && event.end === end);
    const operations = raw.map(
      ({ lane, from, to }, at): PageOperation => ({
        index: indexOf(at, false),
        end: indexOf(at, true),
        lane,
        process: lane,
        f: "f",
        outcome: to === undefined ? "open" : "ok",
        from,
        to: to ?? last,
        key: "",
        node: "",
        asked: "",
        got: "",
        error: "",
      }),
    );
    return { operations, window: { from: 0, to: last } };
  });

const right = ({ left, width }: Layout["bars"][number]) => left + width;

describe("readableLayout", () => {
  test("keeps what came before to the left, covers nothing, and leaves room for every text", () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 3000 }), ({ operations, window }, widthMin) => {
        const { bars, width } = readableLayout(operations, window, () => TEXT_PX, widthMin);
        expect(width).toBeGreaterThanOrEqual(widthMin - 1e-6);
        for (const a of bars) {
          expect(a.width).toBeGreaterThanOrEqual(TEXT_PX - 1e-6);
          expect(right(a)).toBeLessThanOrEqual(width);
          for (const b of bars) {
            const before = a.operation.end >= 0 && a.operation.end < b.operation.index;
            if (before) expect(right(a)).toBeLessThan(b.left);
            if (a !== b && a.operation.lane === b.operation.lane && !before && a.operation.index < b.operation.index) {
              throw new Error("operations of one lane overlap in the test's own history");
            }
          }
        }
      }),
    );
  });

  test("maps times to places without turning back", () => {
    fc.assert(
      fc.property(histories, ({ operations, window }) => {
        const layout = readableLayout(operations, window, () => TEXT_PX, 500);
        let last = 0;
        for (let step = 0; step <= 50; step++) {
          const time = (window.to * step) / 50;
          const x = layout.x(time);
          expect(x).toBeGreaterThanOrEqual(last - 1e-6);
          expect(layout.time(x)).toBeCloseTo(time, 3);
          last = x;
        }
      }),
    );
  });

  test("cuts operations that go on beyond the window at its edges", () => {
    const one: PageOperation = { ...sample, from: 100, to: 900, index: 0, end: 1 };
    const layout = readableLayout([one], { from: 400, to: 500 }, () => TEXT_PX, 0);
    expect(layout.bars[0]?.width).toBeGreaterThanOrEqual(TEXT_PX);
    expect(layout.x(400)).toBe(0);
  });
});

const sample: PageOperation = {
  index: 0,
  end: 1,
  lane: 0,
  process: 0,
  f: "f",
  outcome: "ok",
  from: 0,
  to: 10,
  key: "",
  node: "",
  asked: "",
  got: "",
  error: "",
};

describe("scaledLayout", () => {
  test("draws times to scale and never narrower than can be seen", () => {
    const window = { from: 1000, to: 2000 };
    const layout = scaledLayout(
      [
        { ...sample, from: 1250, to: 1500 },
        { ...sample, from: 1600, to: 1600 },
      ],
      window,
      400,
    );
    expect(layout.bars.map(({ left, width }) => [left, width])).toEqual([
      [100, 100],
      [240, 2],
    ]);
    expect([layout.x(500), layout.x(1500), layout.x(9999)]).toEqual([0, 200, 400]);
    expect(layout.time(100)).toBe(1250);
  });
});
