import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countedInWindows, marksOf, niceWindowNs } from "../../reports/sampling.ts";

const points = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1000, noNaN: true }), fc.double({ min: 0, max: 300, noNaN: true })),
  {
    maxLength: 400,
  },
);

describe("marksOf", () => {
  test("stands for every point once, with a mark in the point's cell", () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 500 }), (all, max) => {
        const xs = Float64Array.from(all, ([x]) => x);
        const ys = Float64Array.from(all, ([, y]) => y);
        const { marks, cellPx } = marksOf(xs, ys, max);
        expect(marks.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
        const cell = (x: number, y: number) => `${Math.floor(x / cellPx)} ${Math.floor(y / cellPx)}`;
        const cells = marks.map(({ x, y }) => cell(x, y));
        expect(new Set(cells).size).toBe(cells.length);
        expect(all.every(([x, y]) => cells.includes(cell(x, y)))).toBe(true);
        expect(marks.every(({ x, y }) => all.some((point) => point[0] === x && point[1] === y))).toBe(true);
      }),
    );
  });

  test("makes cells only as large as they must be", () => {
    const xs = Float64Array.from({ length: 10_000 }, (_, n) => (n % 100) * 10);
    const ys = Float64Array.from({ length: 10_000 }, (_, n) => Math.floor(n / 100) * 3);
    expect(marksOf(xs, ys, 10_000)).toMatchObject({ cellPx: 1, marks: { length: 10_000 } });
    const coarse = marksOf(xs, ys, 6000);
    expect(coarse.cellPx).toBe(6);
    expect(coarse.marks.length).toBe(5000);
  });
});

describe("windows", () => {
  test("have round lengths and are no more than asked for", () => {
    expect(niceWindowNs(30e9, 75)).toBe(5e8);
    expect(niceWindowNs(1, 75)).toBe(1e8);
    expect(niceWindowNs(7 * 86_400e9, 75)).toBe(1e13);
  });

  test("count every moment", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1000 })),
        fc.integer({ min: 1, max: 300 }),
        (moments, windowNs) => {
          const { counts } = countedInWindows(moments, 1000, windowNs);
          expect(counts.length).toBe(Math.ceil(1000 / windowNs));
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(moments.length);
        },
      ),
    );
    expect([...countedInWindows([0, 9, 10, 25, 30], 30, 10).counts]).toEqual([2, 1, 2]);
  });
});
