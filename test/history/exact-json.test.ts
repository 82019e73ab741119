import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lossyPart, parseExact, stringifyExact } from "../../src/history/exact-json.ts";

const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.bigInt(),
    fc.integer(),
    fc.string(),
    fc.constantFrom(null, true),
    fc.array(tie("node"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("node"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).node;

/** `__proto__` as a name: toEqual does not see it. */
const hasProto = (text: string) => text.includes("__proto__");

describe("tagged JSON", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(value, (original) => {
        const text = stringifyExact(original) as string;
        fc.pre(!hasProto(text));
        expect(parseExact(text)).toEqual(original);
      }),
    );
  });

  it("does not overflow on deep values", () => {
    const deep = `${"[".repeat(100_000)}{"$bigint":"12345678901234567890"}${"]".repeat(100_000)}`;
    let inner = parseExact(deep);
    while (Array.isArray(inner)) inner = inner[0];
    expect(inner).toBe(12345678901234567890n);
  });

  it("leaves alone what only looks like a tag", () => {
    const text = '[{"$bigint":"x"},{"$bigint":5},{"$bigint":"5","more":1}]';
    expect(parseExact(text)).toEqual(JSON.parse(text));
  });
});

describe("lossyPart", () => {
  class Point {
    readonly x = 1;
  }

  it.each([
    [Number.NaN, "NaN"],
    [[1, Number.POSITIVE_INFINITY], "[1]: Infinity"],
    [{ a: [new Set([1])] }, ".a[0]: a Set"],
    [new Map(), "a Map"],
    [{ a: { b: () => 1 } }, ".a.b: a function"],
    [Symbol("x"), "a symbol"],
    [[new Point()], "[0]: a Point"],
  ])("finds what JSON would drop or change: %s", (value, found) => {
    expect(lossyPart(value)).toBe(found);
  });

  it("finds nothing in values that come back as they were", () => {
    fc.assert(
      fc.property(value, (original) => {
        fc.pre(!hasProto(stringifyExact(original) as string));
        expect(lossyPart(original)).toBeUndefined();
      }),
    );
    const deep: unknown[] = [];
    let inner = deep;
    for (let i = 0; i < 100_000; i++) {
      const next: unknown[] = [];
      inner.push(next);
      inner = next;
    }
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    for (const fine of [
      deep,
      cycle,
      { a: undefined },
      Object.create(null),
      new Date(0),
      Buffer.from("x"),
      null,
      "x",
      1n,
    ])
      expect(lossyPart(fine)).toBeUndefined();
  });
});

describe("parseExact", () => {
  it("keeps integers exact wherever they stand, and everything else as JSON.parse does", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.bigInt(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string())),
        (items) => {
          const text = `[${items.map((item) => (typeof item === "bigint" ? `${item}` : JSON.stringify(item))).join(", ")}]`;
          const parsed = parseExact(text) as unknown[];
          for (const [i, item] of items.entries()) {
            if (typeof item === "bigint") expect(BigInt(parsed[i] as bigint)).toBe(item);
            else if (typeof item === "string") expect(parsed[i]).toBe(item);
            else expect(Number(parsed[i])).toBe(item + 0);
          }
        },
      ),
    );
  });

  it("survives a very long string full of backslashes", () => {
    const text = `[${JSON.stringify("\\".repeat(2_000_000))}, 12345678901234567890]`;
    const [string, number] = parseExact(text) as [string, bigint];
    expect(string).toHaveLength(2_000_000);
    expect(number).toBe(12345678901234567890n);
  });
});
