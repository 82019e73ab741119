import { describe, expect, test } from "vitest";
import { differs, gridText, linkText, reachabilityOf } from "../../reports/reachability.ts";

/** n1 cannot be heard by n2; the other way round it can. */
const oneWay = {
  grudge: { n2: ["n1"] },
  reachability: { n1: { n2: false, n10: true }, n2: { n1: true, n10: true }, n10: { n1: true, n2: true } },
};

describe("reachabilityOf", () => {
  test("tells directions apart and nodes in their order", () => {
    const grid = reachabilityOf(oneWay)!;
    expect(grid.nodes).toEqual(["n1", "n2", "n10"]);
    expect(grid.rows.map((row) => row.map((link) => link?.measured))).toEqual([
      [undefined, false, true],
      [true, undefined, true],
      [true, true, undefined],
    ]);
    expect(grid.rows.flat().filter((link) => link !== undefined && differs(link))).toEqual([]);
    expect(gridText(grid)).toBe("1 of 6 directions cut");
    expect(linkText(grid.rows[0]![1]!)).toBe("n1 → n2: cut, as asked");
  });

  test("shows what is not as it was asked, in both ways", () => {
    const grid = reachabilityOf({ ...oneWay, grudge: { n1: ["n2"] } })!;
    expect(gridText(grid)).toBe("1 of 6 directions cut, 2 other than asked");
    expect(linkText(grid.rows[0]![1]!)).toBe("n1 → n2: cut, but open was asked");
    expect(linkText(grid.rows[1]![0]!)).toBe("n2 → n1: arrives, but cut was asked");
  });

  test("knows what was not measured", () => {
    const grid = reachabilityOf({ reachability: { n1: { n2: true }, n2: {} } })!;
    expect(linkText(grid.rows[1]![0]!)).toBe("n2 → n1: not measured");
    expect(linkText(grid.rows[0]![1]!)).toBe("n1 → n2: arrives");
  });

  test("answers nothing for other evidence", () => {
    for (const details of [undefined, null, "text", {}, { reachability: [] }, { reachability: { n1: true } }]) {
      expect(reachabilityOf(details)).toBeUndefined();
    }
  });
});
