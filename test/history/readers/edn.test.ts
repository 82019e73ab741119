import { parseEDNString } from "edn-data";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EdnIncomplete, EdnReader, parseEdn } from "../../../src/history/readers/edn.ts";

describe("parseEdn", () => {
  it.each<[string, unknown]>([
    ["nil", null],
    ["true", true],
    ["false", false],
    ["sym/bol", "sym/bol"],
    [":keyword", "keyword"],
    [":name.space/keyword", "name.space/keyword"],
    ["42", 42],
    ["-42", -42],
    ["+42", 42],
    ["-", "-"],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["9223372036854775807", 9223372036854775807n],
    ["5N", 5],
    ["170141183460469231731687303715884105727N", 170141183460469231731687303715884105727n],
    ["1.5", 1.5],
    ["-1.5e-3", -0.0015],
    ["1E3", 1000],
    ["2.5M", 2.5],
    ["1/3", "1/3"],
    ["##Inf", Number.POSITIVE_INFINITY],
    ["##-Inf", Number.NEGATIVE_INFINITY],
    ["##NaN", Number.NaN],
    ['""', ""],
    ['"a b"', "a b"],
    [String.raw`"\"\\\n\t\r é\/"`, '"\\\n\t\r é/'],
    [String.raw`"\\"`, "\\"],
    ['"two\nlines; no #_comment"', "two\nlines; no #_comment"],
    [String.raw`\a`, "a"],
    [String.raw`\newline`, "\n"],
    [String.raw`\space`, " "],
    [String.raw`\(`, "("],
    ["\\é", "é"],
    [String.raw`\o101`, "A"],
    ["()", []],
    ["[1 [2] (3 4)]", [1, [2], [3, 4]]],
    ["#{1 2}", [1, 2]],
    ["{}", {}],
    ['{:a 1, "b" nil 3 :c [1 2] "pair"}', { a: 1, b: null, "3": "c", "[1,2]": "pair" }],
    ['#:n{:a 1 :m/b 2 "c" 3}', { "n/a": 1, "m/b": 2, c: 3 }],
    ["#jepsen.history.Op{:index 1}", { index: 1 }],
    ['#inst "1985-04-12T23:20:50.52Z"', "1985-04-12T23:20:50.52Z"],
    ['#object[clojure.lang.Var 0x1 "x"]', undefined],
    ["^{:line 3} [1]", [1]],
    ["; a comment\n 1 ; another", 1],
    ["[1 #_2 3 #_[4 5]]", [1, 3]],
    ["#_ #_ 1 2 3", 3],
  ])("reads %s", (text, value) => {
    if (value === undefined) expect(() => parseEdn(text)).toThrow(/0x1 is no number/);
    else expect(parseEdn(text)).toEqual(value);
  });

  it.each([
    ["", /middle of a form/],
    ["[1", /middle of a form/],
    ['"a', /middle of a form/],
    ["{:a", /middle of a form/],
    ["1 2", /something follows/],
    ["]", /closes what was not opened/],
    ["[1}", /closes what was not opened/],
    ["{:a}", /key a has no value/],
    [":", /no name/],
    ["1a", /1a is no number/],
    ["##Foo", /##Foo is no number/],
    [String.raw`\wrong`, /is no character/],
    [String.raw`"\u12G4"`, /escape/],
  ])("refuses %s", (text, reason) => expect(() => parseEdn(text)).toThrow(reason));

  it.each([
    ["[", "]"],
    ["#a ", ""],
    ["#_ ", " 2"],
    ["^", " 2"],
    ["{:a ", "}"],
  ])("refuses values nested too deeply: %s", (open, close) => {
    for (const levels of [600, 100_000]) {
      const text = `${open.repeat(levels)}1${close.repeat(levels)}`;
      expect(() => parseEdn(text)).toThrow(/nested deeper/);
    }
    const fine = `${open.repeat(200)}1${close.repeat(200)}`;
    const reader = new EdnReader(fine, true);
    reader.skipBlanks();
    expect(reader.read()).toBeDefined();
  });

  it("leaves the prototype alone", () => {
    const value = parseEdn("{:__proto__ {:polluted true}}") as Record<string, unknown>;
    expect(Object.hasOwn(value, "__proto__")).toBe(true);
    expect(value.polluted).toBeUndefined();
  });

  it("agrees with edn-data on what that can hold", () => {
    fc.assert(
      fc.property(someEdn, ({ text }) => {
        expect(parseEdn(text)).toEqual(
          parseEDNString(text, {
            mapAs: "object",
            setAs: "array",
            listAs: "array",
            keywordAs: "string",
            charAs: "string",
          }),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("reads back what was written, in any spacing", () => {
    fc.assert(
      fc.property(someEdn, ({ text, value }) => {
        expect(parseEdn(text)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });
});

describe("EdnReader", () => {
  it("never takes a part of a text for the whole: every cut is incomplete", () => {
    fc.assert(
      fc.property(someEdn, fc.nat(), ({ text, value }, pick) => {
        const whole = `[${text}]`;
        const cut = whole.slice(0, pick % whole.length);
        expect(() => new EdnReader(cut, false).read()).toThrow(EdnIncomplete);
        expect(new EdnReader(whole, false).read()).toEqual([value]);
      }),
      { numRuns: 500 },
    );
  });
});

interface Written {
  readonly text: string;
  readonly value: unknown;
}

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,15}$/).filter((text) => !["nil", "true", "false"].includes(text));
const blank = fc.constantFrom(" ", ",", "\n", " ; note )\n", " #_[x] ", "\t");

/** A value and one way to write it. */
const someEdn: fc.Arbitrary<Written> = fc.letrec<{ node: Written }>((tie) => {
  const items = fc.array(fc.tuple(tie("node"), blank), { maxLength: 4 });
  const list = (open: string, close: string) =>
    items.map((all) => ({
      text: open + all.map(([{ text }, space]) => text + space).join("") + close,
      value: all.map(([{ value }]) => value),
    }));
  return {
    node: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Written>(
        { text: "nil", value: null },
        { text: "true", value: true },
        { text: "false", value: false },
      ),
      fc.maxSafeInteger().map((value) => ({ text: String(value), value })),
      name.map((value) => ({ text: `:${value}`, value })),
      fc.string({ unit: "grapheme" }).map((value) => ({
        text: `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`,
        value,
      })),
      list("[", "]"),
      list("(", ")"),
      fc.dictionary(name, tie("node"), { maxKeys: 3, noNullPrototype: true }).map((entries) => ({
        text: `{${Object.entries(entries)
          .map(([key, { text }]) => `:${key} ${text}`)
          .join(", ")}}`,
        value: Object.fromEntries(Object.entries(entries).map(([key, { value }]) => [key, value])),
      })),
    ),
  };
}).node;

describe("values that are equal", () => {
  it("are equal when read: sets in whatever order, decimals only when every digit is the same", () => {
    expect(parseEdn("#{2 1 #{:b :a}}")).toEqual(parseEdn("#{#{:a :b} 1 2}"));
    expect(parseEdn("#{1 2}")).not.toEqual(parseEdn("#{1 3}"));
    expect(parseEdn("0.10000000000000000001M")).not.toBe(parseEdn("0.1M"));
    expect(parseEdn("0.1M")).toBe(0.1);
    expect(parseEdn("1500.25M")).toBe(1500.25);
  });
});
