import { type Command, Option } from "commander";
import { z } from "zod";
import { JepsenError } from "../errors.ts";
import { parse } from "../parse.ts";
import type { OptionSchema, Options } from "../test.ts";

interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: FieldSchema;
}

function fields(schema: OptionSchema): [string, FieldSchema][] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as {
    properties?: Record<string, FieldSchema>;
  };
  return Object.entries(json.properties ?? {});
}

/** `opsPerKey` → `ops-per-key` */
export function flagName(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The fields whose flags take no value. */
export function bareFields(schema: OptionSchema): readonly string[] {
  return fields(schema).flatMap(([name, { type }]) => (type === "boolean" ? [name] : []));
}

function placeholder(field: FieldSchema): string {
  if (field.type === "array") return "list";
  return field.type === "integer" || field.type === "number" ? "number" : "text";
}

function shownDefault(value: unknown): string {
  return Array.isArray(value) ? value.join(",") || "none" : String(value);
}

/**
 * Adds a flag to the command for every field of the schema: its description is the help text, its default the flag's,
 * unless `defaults` has another one.
 */
export function addFlags(command: Command, schema: OptionSchema, group: string, defaults: Options = {}): void {
  for (const [name, field] of fields(schema)) {
    const isFlag = field.type === "boolean";
    const choices = field.enum ?? field.items?.enum;
    const byDefault = defaults[name] ?? field.default;
    const shown = byDefault === undefined || byDefault === false ? "" : `(default: ${shownDefault(byDefault)})`;
    const words = [field.description ?? "", choices ? `(${choices.join(", ")})` : "", shown]
      .filter((word) => word !== "")
      .join(" ");
    const option = new Option(isFlag ? `--${flagName(name)}` : `--${flagName(name)} <${placeholder(field)}>`, words);
    option.helpGroup(group);
    command.addOption(option);
  }
}

function fromText(name: string, field: FieldSchema, text: unknown): unknown {
  if (typeof text !== "string") return text;
  if (field.type === "array") {
    const parts = text.split(",").map((part) => part.trim());
    const named = parts.filter((part) => part !== "");
    if (named.length > 0) return named;
    throw new JepsenError("usage", `--${flagName(name)} names nothing: give it a list with commas, or leave it out.`);
  }
  if (field.type === "integer" || field.type === "number") {
    const value = Number(text);
    if (text.trim() === "" || Number.isNaN(value))
      throw new JepsenError("usage", `--${flagName(name)} takes a number, not "${text}".`);
    return value;
  }
  return text;
}

/** The given flags as the schema's values, defaults filled in. Throws JepsenError "usage" that names the flag. */
export function parseFlags(schema: OptionSchema, given: Readonly<Record<string, unknown>>): Options {
  const values: Record<string, unknown> = {};
  for (const [name, field] of fields(schema)) {
    if (given[name] !== undefined) values[name] = fromText(name, field, given[name]);
  }
  const parsed = parse(schema, values);
  if (parsed.ok) return parsed.data;
  const { path, expected } = parsed.refusal;
  const name = String(path[0] ?? "");
  const entry = path[1] === undefined ? undefined : JSON.stringify((values[name] as unknown[])[path[1] as number]);
  const position = entry === undefined || expected.includes(entry) ? "" : ` (${entry})`;
  throw new JepsenError("usage", `--${flagName(name)}${position}: ${expected}.`);
}
