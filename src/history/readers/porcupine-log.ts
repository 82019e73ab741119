import { JepsenError } from "../../errors.ts";
import { readLines } from "../lines.ts";
import type { Op } from "../op.ts";
import { newLineState } from "../op-line.ts";
import { EdnError, parseEdn } from "./edn.ts";
import { foreignOp, type HistoryReader } from "./reader.ts";

/** A line of a log: a level, who logs, a dash, and what. */
const LOG_LINE = /^(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\s+(\S+)\s+-\s(.*)$/;
/** What jepsen.util logs of an operation: process, type, f, value, between tabs. */
const OPERATION = /^(\d+|:nemesis)\s+:(invoke|ok|fail|info)\s+:(\S+)\s+(.*)$/;
/** Stands in the place of the value of an operation that was given up. */
const TIMED_OUT = ":timed-out";

/**
 * The log of old Jepsen versions, `INFO  jepsen.util - PROCESS :type :f value` a line, as Porcupine's test data have it.
 * There `:fail` of a `cas` tells that the comparison was false: it is an observation, and becomes an `ok` with the value
 * `{ cas: [from, to], swapped: false }` (as `casOk` in the model of the cas-register makes it). `:timed-out` in the place
 * of the value becomes an error with that code; the value is the invocation's, and what is not a read may have happened
 * (`info`), also where the log says `:fail`. Lines of other loggers are skipped.
 */
export const readPorcupineLog: HistoryReader = async function* (path, options = {}) {
  const state = newLineState();
  for await (const { firstLine, lines, unterminated } of readLines(path)) {
    const batch: Op[] = [];
    for (const [i, line] of lines.entries()) {
      if (line.trim() === "") continue;
      const op = opOfLine(line.trimEnd(), state);
      if (op === undefined) continue;
      if (typeof op === "string") {
        if (unterminated && i === lines.length - 1) {
          options.onTorn?.(firstLine + i);
          break;
        }
        const data = { file: path, line: firstLine + i };
        throw new JepsenError("corrupt", `Line ${data.line} of ${path} is broken: ${op}.`, data);
      }
      batch.push(op);
    }
    yield batch;
  }
};

/** The operation on a line, undefined if it holds none, or what is wrong with it. */
function opOfLine(line: string, state: ReturnType<typeof newLineState>): Op | string | undefined {
  const [, logger, text = ""] = LOG_LINE.exec(line) ?? [];
  if (logger === undefined) return "it is no line of a log";
  if (logger !== "jepsen.util") return undefined;
  const [, process, type, f, valueText = ""] = OPERATION.exec(text) ?? [];
  if (process === undefined) return "it is no operation";
  const timedOut = valueText.trim() === TIMED_OUT;
  const begun = process === ":nemesis" ? undefined : state.open.get(Number(process));
  let value: unknown;
  try {
    value = timedOut ? begun?.value : parseEdn(valueText);
  } catch (error) {
    if (error instanceof EdnError) return `its value cannot be read: ${error.message}`;
    throw error;
  }
  const inDoubt = timedOut && type === "fail" && f !== "read"; // nobody knows whether it happened
  const comparedFalse = type === "fail" && f === "cas" && !timedOut;
  return foreignOp(
    {
      type: comparedFalse ? "ok" : inDoubt ? "info" : type,
      process: process === ":nemesis" ? "nemesis" : Number(process),
      f,
      value: comparedFalse ? { cas: value, swapped: false } : value,
      error: timedOut ? "timed-out" : undefined,
    },
    state,
  );
}
