import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainValue, sameValue, showValue, valueKey } from "../../src/history/value.ts";

const values = fc.jsonValue({ maxDepth: 3 });
/** Few different leaves, so that equal values are common. */
const small = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(null, 0, 1, "", "1", "a", 1n, true),
    fc.array(tie("node"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b"), tie("node"), { maxKeys: 2 }),
  ),
})).node;

/** Object order does not count, and 0 is -0, as in JSON. */
const plain = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? { big: inner.toString() } : inner)),
  );

describe("sameValue and valueKey", () => {
  it("agree with deep equality", () => {
    let equal = 0;
    fc.assert(
      fc.property(small, small, (a, b) => {
        const expected = isDeepStrictEqual(plain(a), plain(b));
        if (expected) equal++;
        expect(sameValue(a, b)).toBe(expected);
        expect(Object.is(valueKey(a), valueKey(b))).toBe(expected);
      }),
      { numRuns: 3000 },
    );
    expect(equal).toBeGreaterThan(20);
  });

  it("do not mind the order of members", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), values), (record) => {
        const turned = Object.fromEntries(Object.entries(record).reverse());
        expect(sameValue(record, turned)).toBe(true);
        expect(valueKey(turned)).toBe(valueKey(record));
      }),
    );
  });

  it("tell strings from what looks like them", () => {
    const lookalikes = ["[1]", [1], "\u0000[1]", "1", 1, 1n, "1n", "", "\u0000", '\u0000""', null, "null", undefined];
    expect(new Set(lookalikes.map(valueKey)).size).toBe(lookalikes.length);
  });

  it("do not overflow on deep values", () => {
    const deep = (): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < 100_000; i++) value = [value];
      return value;
    };
    expect(sameValue(deep(), deep())).toBe(true);
    expect(() => valueKey(deep())).toThrow(/nested deeper/);
  });
});

describe("showValue", () => {
  it("is JSON with plain big integers, cut to a length", () => {
    expect(showValue([1, "a", 2n ** 64n])).toBe('[1,"a","18446744073709551616"]');
    expect(showValue("x".repeat(100), 10)).toBe('"xxxxxxxx…');
    expect(showValue(undefined)).toBe("nothing");
  });
});

describe("plainValue", () => {
  it("makes text of big integers, and copies nothing else", () => {
    const plain = { a: [1, "x", null] };
    expect(plainValue(plain)).toBe(plain);
    expect(plainValue({ a: [1, 2n ** 64n] })).toEqual({ a: [1, "18446744073709551616"] });
    expect([plainValue(5n), plainValue("5"), plainValue(undefined)]).toEqual(["5", "5", undefined]);
  });
});

it("keys tell numbers apart that JSON cannot hold", () => {
  const keys = [[Number.NaN], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY], [null]].map(valueKey);
  expect(new Set(keys).size).toBe(4);
});
