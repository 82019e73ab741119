import { JepsenError } from "../../errors.ts";
import { parseExact } from "../exact-json.ts";
import type { Op } from "../op.ts";
import { newLineState } from "../op-line.ts";
import { TextWindow } from "../text-window.ts";
import { BATCH_OPERATIONS, foreignOp, type HistoryReader } from "./reader.ts";

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;
const BLANKS = new Set([" ", "\t", "\r", "\n", ","]);

/**
 * Histories in JSON as elle-cli reads them: an array of operations with the members of Jepsen's, or one operation after
 * another. Whole numbers beyond 2^53 are kept as bigints.
 */
export const readElleJson: HistoryReader = async function* (path, options = {}) {
  const window = new TextWindow(path);
  const state = newLineState();
  let position = 0;
  let opened = false;
  let closed = false;
  try {
    await window.advance(0);
    let batch: Op[] = [];
    for (;;) {
      const character = window.text[position];
      if (character === undefined || character === "{") {
        const end = character === undefined ? -1 : objectEnd(window.text, position);
        if (end < 0) {
          if (batch.length > 0) yield batch;
          batch = [];
          if (window.ended) {
            if (character !== undefined || (opened && !closed)) options.onTorn?.(window.lineAt(position));
            return;
          }
          await window.advance(position);
          position = 0;
          continue;
        }
        if (closed) throw window.broken(position, "something follows the end of the history");
        const op = foreignOp(parseRecord(window, position, end), state);
        if (typeof op === "string") throw window.broken(position, op);
        batch.push(op);
        if (batch.length >= BATCH_OPERATIONS) {
          yield batch;
          batch = [];
        }
        position = end;
        continue;
      }
      if (character === "[" && !opened && state.count === 0) opened = true;
      else if (character === "]" && opened && !closed) closed = true;
      else if (!BLANKS.has(character))
        throw window.broken(position, `${character} stands where an operation should begin`);
      position++;
    }
  } finally {
    await window.close();
  }
};

function parseRecord(window: TextWindow, start: number, end: number): unknown {
  try {
    return parseExact(window.text.slice(start, end));
  } catch (error) {
    if (error instanceof SyntaxError) throw window.broken(start, "it is not JSON");
    throw new JepsenError("internal", `${window.path} could not be read as JSON.`, { file: window.path }, error);
  }
}

/** The position behind the object that begins at `start`; -1 if the text ends before. */
function objectEnd(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = stringEnd(text, i);
      if (i < 0) return -1;
    } else if (code === OPEN) {
      depth++;
    } else if (code === CLOSE) {
      depth--;
      if (depth === 0) return i + 1;
    }
  }
  return -1;
}

/** The position of the quote that ends the string beginning at `start`; -1 if the text ends before. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return -1;
}
