import { expect, test } from "vitest";
import { bytesText, countOf, countText, durationText, listText, momentText, shareText } from "../../reports/units.ts";

test("durations keep three digits and the unit that suits them", () => {
  expect([0, 840_000, 12_340_000, 999_400_000, 1.5e9, 119e9, 125e9].map(durationText)).toEqual([
    "0 s",
    "840 µs",
    "12.3 ms",
    "999 ms",
    "1.50 s",
    "119 s",
    "2 min 5 s",
  ]);
});

test("moments, sizes, counts", () => {
  expect(momentText(12_381_400_000)).toBe("12.381 s");
  expect([812, 4_812_331, 25_276_510_208].map(bytesText)).toEqual(["812 B", "4.81 MB", "25.3 GB"]);
  expect(countText(1_234_567)).toBe("1,234,567");
  expect([countOf(1, "fault"), countOf(2, "fault"), countOf(2, "fault was", "faults were")]).toEqual([
    "1 fault",
    "2 faults",
    "2 faults were",
  ]);
});

test("a share is all or nothing only when it really is", () => {
  expect(shareText(99_999, 100_000)).toBe("99.9 %");
  expect(shareText(1, 1_000_000)).toBe("0.1 %");
  expect([shareText(0, 3), shareText(3, 3), shareText(1, 3), shareText(0, 0)]).toEqual(["0 %", "100 %", "33 %", "–"]);
});

test("lists read as in a sentence", () => {
  expect([listText([]), listText(["a"]), listText(["a", "b"]), listText(["a", "b", "c"])]).toEqual([
    "",
    "a",
    "a and b",
    "a, b and c",
  ]);
});
