/**
 * JSON that keeps big integers exact. JSON.parse rounds integers beyond 2^53, and JSON.stringify refuses bigints: on
 * disk a bigint is the object `{"$bigint":"9007199254740993"}`.
 */

/** The JSON of a value, bigints tagged; undefined for what JSON has no text for. Throws TypeError on a cycle. */
export function stringifyExact(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === "bigint" ? { $bigint: inner.toString() } : inner,
    );
  }
}

/** Strings, which are left alone, and numbers. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/** The value of JSON, ours or anybody's; tagged integers, and those that a number cannot hold, become bigints. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  if (!/\d{16}/.test(text)) {
    const value: unknown = JSON.parse(text);
    return text.includes('"$bigint"') ? untag(value) : value;
  }
  const tagged = text.replace(STRING_OR_NUMBER, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `{"$bigint":"${token}"}` : token,
  );
  return untag(JSON.parse(tagged));
}

/**
 * Where in a value something is that JSON would drop or change without a word, and what it is: `.members[0]: a Set`.
 * Undefined when there is nothing of the kind. Members without a value are left out of JSON, and that is no loss.
 */
export function lossyPart(value: unknown): string | undefined {
  if (isLossless(value, 0)) return undefined;
  if (typeof value !== "object" || value === null) return lossyKind(value);
  const left: { readonly path: string; readonly value: object }[] = [{ path: "", value }];
  const seen = new Set<object>();
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (seen.has(each.value)) continue; // a cycle is told by JSON itself
    seen.add(each.value);
    for (const [name, inner] of Object.entries(each.value)) {
      const kind = lossyKind(inner);
      const path = Array.isArray(each.value) ? `${each.path}[${name}]` : `${each.path}.${name}`;
      if (kind !== undefined) return `${path}: ${kind}`;
      if (typeof inner === "object" && inner !== null) left.push({ path, value: inner });
    }
    const kind = lossyKind(each.value);
    if (kind !== undefined) return each.path === "" ? kind : `${each.path}: ${kind}`;
  }
  return undefined;
}

/** Levels that are looked at the quick way, which nearly every value passes. */
const QUICK_DEPTH = 20;

function isLossless(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value);
    case "function":
    case "symbol":
      return false;
    case "object":
      break;
    default:
      return true;
  }
  if (value === null) return true;
  if (depth > QUICK_DEPTH) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isLossless(value[i], depth + 1)) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const name in value) if (!isLossless((value as Record<string, unknown>)[name], depth + 1)) return false;
  return true;
}

function lossyKind(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : String(value);
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return undefined;
  // objects of another realm are plain as well
  if (Object.getPrototypeOf(prototype) === null) return undefined;
  return `a ${(value.constructor as { name?: string } | undefined)?.name || "class instance"}`;
}

/** Replaces tags in place, with a stack of its own. */
function untag(value: unknown): unknown {
  const root = { value };
  const stack: Record<string, unknown>[] = [root];
  while (stack.length > 0) {
    const holder = stack.pop() as Record<string, unknown>;
    for (const name of Object.keys(holder)) {
      const inner = holder[name];
      if (typeof inner !== "object" || inner === null) continue;
      const digits = (inner as { $bigint?: unknown }).$bigint;
      if (typeof digits === "string" && Object.keys(inner).length === 1 && /^-?\d+$/.test(digits)) {
        holder[name] = BigInt(digits);
      } else {
        stack.push(inner as Record<string, unknown>);
      }
    }
  }
  return root.value;
}
