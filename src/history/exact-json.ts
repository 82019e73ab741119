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

/** The value of JSON with tagged bigints. Throws SyntaxError. */
export function parseTagged(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return text.includes('"$bigint"') ? untag(value) : value;
}

/** Strings, which are left alone, and numbers. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/** The value of anybody's JSON; integers that a number cannot hold become bigints. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const tagged = text.replace(STRING_OR_NUMBER, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `{"$bigint":"${token}"}` : token,
  );
  return untag(JSON.parse(tagged));
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
