import { z } from "zod";

/** Why a schema does not take a value. */
export interface Refusal {
  /** Where in the value: `["nodes", 0]`; [] for the whole of it. */
  readonly path: readonly PropertyKey[];
  /** What is expected there, without a full stop: `must be a number, not "soon"`. */
  readonly expected: string;
  /** Both together: `nodes[0]: must be text, not 3`. */
  readonly sentence: string;
  /** Members that it has too many, by name. */
  readonly unknown: readonly string[];
}

/** A value as the schema wants it, or the first thing that is wrong with it. */
export type Parsed<T> = { readonly ok: true; readonly data: T } | { readonly ok: false; readonly refusal: Refusal };

const SHOWN_MAX = 60;

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

/**
 * Parses a value that people wrote or keep in files. What is wrong is told in plain words, those of the schema itself
 * where it has some. The one way to tell a user of it: nothing else shows what a schema says.
 */
export function parse<T>(schema: z.ZodType<T>, value: unknown): Parsed<T> {
  const parsed = schema.safeParse(value, { error: expectation });
  if (parsed.success) return { ok: true, data: parsed.data };
  const [issue] = parsed.error.issues;
  const { path = [], message = "must be something else" } = issue ?? {};
  const place = placeOf(path);
  const unknown = parsed.error.issues.flatMap((each) =>
    each.code === "unrecognized_keys" && each.path.length === 0 ? each.keys : [],
  );
  return {
    ok: false,
    refusal: { path, expected: message, sentence: place === "" ? message : `${place}: ${message}`, unknown },
  };
}

/** `links.n1[0]` */
export function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((step, i) => (typeof step === "number" ? `[${step}]` : `${i > 0 ? "." : ""}${String(step)}`))
    .join("");
}

/** What a schema wants where it finds something else, in plain words. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  const not = instead(issue.input);
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? issue.expected}${not}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}${not}`;
    case "too_small":
      return `${limit(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum)}${not}`;
    case "too_big":
      return `${limit(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum)}${not}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}${not}`;
    case "invalid_format":
      return `${issue.format === "regex" ? `must match ${issue.pattern}` : `must be written as ${issue.format}`}${not}`;
    case "unrecognized_keys": {
      const names = issue.keys.map((key) => JSON.stringify(key)).join(", ");
      const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
      return `must not have ${names}${known.length > 0 ? `, but may have ${known.join(", ")}` : ""}`;
    }
    case "invalid_union":
      return [...new Set(issue.errors.map(([first]) => first?.message ?? ""))].join(", or ") || undefined;
    case "invalid_key":
    case "invalid_element":
      return issue.issues[0]?.message;
    default:
      return undefined;
  }
}

function limit(origin: string, how: string, bound: number | bigint): string {
  switch (origin) {
    case "string":
      return `must have ${how} ${bound} ${bound === 1 ? "character" : "characters"}`;
    case "array":
    case "set":
    case "object":
      return `must have ${how} ${bound} ${bound === 1 ? "entry" : "entries"}`;
    default:
      return `must be ${how} ${bound}`;
  }
}

function instead(input: unknown): string {
  if (input === undefined) return ", and is missing";
  const isNumber = typeof input === "bigint" || typeof input === "number"; // JSON has no Infinity
  const text = isNumber ? String(input) : (JSON.stringify(input) ?? String(input));
  return `, not ${text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text}`;
}
