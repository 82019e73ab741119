import { JepsenError } from "../../errors.ts";
import type { Op } from "../op.ts";
import { newLineState } from "../op-line.ts";
import { TextWindow } from "../text-window.ts";
import { EdnError, EdnIncomplete, EdnReader } from "./edn.ts";
import { BATCH_OPERATIONS, foreignOp, type HistoryReader } from "./reader.ts";

/**
 * Jepsen's and Knossos' `history.edn`: operations as maps or records, one after another or all in one vector or list.
 * A `fail` says that nothing happened and nothing was learned, also of a `cas`.
 */
export const readJepsenEdn: HistoryReader = async function* (path, options = {}) {
  const window = new TextWindow(path);
  const state = newLineState();
  /** The closing bracket that is awaited; "" before an opening one. */
  let closer = "";
  let closed = false;
  try {
    await window.advance(0);
    for (;;) {
      const reader = new EdnReader(window.text, window.ended);
      let batch: Op[] = [];
      let consumed = 0;
      let whole = true;
      try {
        for (;;) {
          reader.skipBlanks();
          consumed = reader.position;
          const character = window.text[consumed];
          if (character === undefined) break;
          if (closed) throw new EdnError("something follows the end of the history", consumed);
          if (closer === "" && state.count === 0 && (character === "[" || character === "(")) {
            closer = character === "[" ? "]" : ")";
            reader.position++;
          } else if (character === closer) {
            closed = true;
            reader.position++;
          } else {
            const op = foreignOp(reader.read(), state);
            if (typeof op === "string") throw new EdnError(op, consumed);
            batch.push(op);
          }
          if (batch.length < BATCH_OPERATIONS) continue;
          yield batch;
          batch = [];
        }
      } catch (error) {
        if (error instanceof EdnIncomplete) whole = false;
        else if (error instanceof EdnError) throw window.broken(error.position, error.message);
        else throw error;
      }
      if (batch.length > 0) yield batch;
      if (window.ended) {
        if (!whole || (closer !== "" && !closed)) options.onTorn?.(window.lineAt(consumed));
        return;
      }
      await window.advance(consumed);
    }
  } catch (error) {
    if (error instanceof JepsenError) throw error;
    throw new JepsenError("internal", `${path} could not be read as EDN.`, { file: path }, error);
  } finally {
    await window.close();
  }
};
