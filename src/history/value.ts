/** Values of operations: plain JSON and big integers. Comparing them, and keys under which equal values meet. */
import { JepsenError } from "../errors.ts";

/** Levels of nesting that `valueKey` follows. */
const DEPTH_MAX = 200;

/** Whether two values are equal in structure. Walks with a stack of its own, so that no nesting can overflow it. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (!isObject(left) || !isObject(right)) return Object.is(left, right);
  const stack: unknown[] = [left, right];
  while (stack.length > 0) {
    const b = stack.pop();
    const a = stack.pop();
    if (a === b || Object.is(a, b)) continue;
    if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return false;
    for (const key of keys) {
      if (!Object.hasOwn(b, key)) return false;
      stack.push(a[key], b[key]);
    }
  }
  return true;
}

/**
 * A primitive that is equal for equal values and different for different ones, for use as the key of a Map.
 * Primitives are their own keys; arrays and objects become canonical JSON behind a NUL, which no readable string begins with.
 * Throws JepsenError "corrupt" for values nested deeper than 200 levels.
 */
export function valueKey(value: unknown): unknown {
  if (isObject(value)) return `\u0000${canonicalJson(value, 0)}`;
  return value === "" || (typeof value === "string" && value.startsWith("\u0000"))
    ? `\u0000${JSON.stringify(value)}`
    : value;
}

/** The same as text that can be read: JSON with sorted keys, big integers with an n. */
export function valueText(value: unknown): string {
  const key = valueKey(value);
  if (typeof key !== "string") return typeof key === "bigint" ? `${key}n` : String(key);
  return key.startsWith("\u0000") ? key.slice(1) : JSON.stringify(key);
}

/** The value as short text for a sentence: JSON with big integers as plain digits, cut to `charactersMax`. */
export function showValue(value: unknown, charactersMax = 80): string {
  const text =
    value === undefined
      ? "nothing"
      : JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? `${inner}` : inner));
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`;
}

/** The value as plain JSON, for results: big integers become their digits as text. Anything else comes back as it is. */
export function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (!isObject(value)) return value;
  try {
    JSON.stringify(value);
    return value;
  } catch (error) {
    // JSON.stringify throws TypeError at a big integer: the copy is made only where there is one.
    if (!(error instanceof TypeError)) throw error;
    const text = JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === "bigint" ? inner.toString() : inner,
    );
    return JSON.parse(text);
  }
}

function canonicalJson(value: unknown, depth: number): string {
  if (depth > DEPTH_MAX) {
    throw new JepsenError(
      "corrupt",
      `A value is nested deeper than ${DEPTH_MAX} levels; such values cannot be compared.`,
    );
  }
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (!isObject(value)) return value === undefined ? "undefined" : JSON.stringify(value);
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === "" ? "" : ","}${canonicalJson(item, depth + 1)}`;
    return `[${text}]`;
  }
  for (const key of Object.keys(value).sort()) {
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(value[key], depth + 1)}`;
  }
  return `{${text}}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
