/** What all readers of histories have in common. */
import type { ReadOptions } from "../json-lines.ts";
import type { Op, OpError } from "../op.ts";
import { type LineState, opOf } from "../op-line.ts";
import { showValue } from "../value.ts";

export type { ReadOptions };

/**
 * Reads a history of one format in batches, in bounded memory. A history that ends in the middle of an operation gives
 * the operations before it, and tells `onTorn`. Throws JepsenError "corrupt" that names a broken line by its number,
 * "usage" when the file cannot be read.
 */
export type HistoryReader = (path: string, options?: ReadOptions) => AsyncGenerator<readonly Op[]>;

/** Operations in one batch at most. */
export const BATCH_OPERATIONS = 10_000;

/** A stable code: one word of letters, digits and the punctuation of names. */
const CODE = /^[\w.:/*+!?-]{1,100}$/;

/**
 * The operation that a record of Jepsen's describes (`type f value process time error`, `key` in some), or what is
 * wrong with it. Without `process` it is process 0's, without `f` it is a `txn`. Indices are given anew. The nemesis
 * speaks in `info` events that belong to no invocation, as there.
 */
export function foreignOp(record: unknown, state: LineState): Op | string {
  if (typeof record !== "object" || record === null || Array.isArray(record)) return "it is no operation but a value";
  const { type, process, f, value, time, error, key } = record as Record<string, unknown>;
  return opOf(
    {
      type,
      process: process ?? 0,
      f: f ?? "txn",
      value,
      // Times before the start of the clock (-1 where none was taken) are left out.
      time: typeof time === "number" && time >= 0 ? time : undefined,
      error: foreignError(error),
      key,
    },
    state,
  );
}

/** `:timeout`, `[:not-found "a sentence"]` and `"a sentence"` as a code and a message. */
function foreignError(error: unknown): OpError | undefined {
  if (error === undefined || error === null) return undefined;
  const [first, ...rest] = Array.isArray(error) ? error : [error];
  if (typeof first === "string" && CODE.test(first)) {
    if (rest.length === 0) return { code: first };
    const message = rest.map((part) => (typeof part === "string" ? part : showValue(part, 200))).join(" ");
    return { code: first, message };
  }
  return { code: "error", message: typeof error === "string" ? error : showValue(error, 200) };
}
