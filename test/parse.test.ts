import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parse } from "../src/parse.ts";

const schema = z.strictObject({
  at: z.number().positive().max(10),
  kind: z.enum(["one", "all"]).default("one"),
  nodes: z.array(z.string()).min(1).optional(),
  links: z.record(z.string(), z.array(z.string().min(1))).optional(),
  count: z.int().multipleOf(2).optional(),
  size: z
    .string()
    .regex(/^\d+g$/, "must be a size like 4g")
    .optional(),
  word: z.string().regex(/^x/).optional(),
  either: z.union([z.number(), z.boolean()]).optional(),
  own: z
    .string()
    .refine((text) => text !== "bad", "is a bad word")
    .optional(),
});

function refusalOf(value: unknown): string {
  const parsed = parse(schema, value);
  return parsed.ok ? "nothing is wrong" : parsed.refusal.sentence;
}

describe("a value that a schema does not take", () => {
  it.each<[unknown, string]>([
    [undefined, "must be an object, and is missing"],
    [[], "must be an object, not []"],
    [{}, "at: must be a number, and is missing"],
    [{ at: "soon" }, 'at: must be a number, not "soon"'],
    [{ at: Number.POSITIVE_INFINITY }, "at: must be a number, not Infinity"],
    [{ at: 0 }, "at: must be more than 0, not 0"],
    [{ at: 11 }, "at: must be at most 10, not 11"],
    [{ at: 1, kind: "none" }, 'kind: must be one of one, all, not "none"'],
    [{ at: 1, nodes: [] }, "nodes: must have at least 1 entry, not []"],
    [{ at: 1, nodes: ["n1", 2] }, "nodes[1]: must be text, not 2"],
    [{ at: 1, links: { n1: [""] } }, 'links.n1[0]: must have at least 1 character, not ""'],
    [{ at: 1, count: 1.5 }, "count: must be a whole number, not 1.5"],
    [{ at: 1, count: 3 }, "count: must be a multiple of 2, not 3"],
    [{ at: 1, size: "4" }, "size: must be a size like 4g"],
    [{ at: 1, word: "y" }, 'word: must match /^x/, not "y"'],
    [{ at: 1, either: "y" }, 'either: must be a number, not "y", or must be true or false, not "y"'],
    [{ at: 1, own: "bad" }, "own: is a bad word"],
    [
      { at: 1, node: "n1" },
      'must not have "node", but may have at, kind, nodes, links, count, size, word, either, own',
    ],
  ])("%j", (value, sentence) => {
    expect(refusalOf(value)).toBe(sentence);
  });

  it("is not shown at length", () => {
    expect(refusalOf({ at: "x".repeat(1000) }).length).toBeLessThan(100);
  });

  it("tells all members that it has too many", () => {
    expect(parse(schema, { at: 1, a: 1, b: 2 })).toMatchObject({ ok: false, refusal: { unknown: ["a", "b"] } });
  });
});

it("a value that it takes comes back with its defaults", () => {
  expect(parse(schema, { at: 1 })).toEqual({ ok: true, data: { at: 1, kind: "one" } });
});
