/** One line of a stored history as an operation: validation, shared strings, shared values. */
import { parseExact } from "./exact-json.ts";
import type { Evidence, Key, Op, OpError, OpType, Process } from "./op.ts";
import { sameValue } from "./value.ts";

/** What a reader remembers from line to line. */
export interface LineState {
  /** Operations read so far; the next one has this index. */
  count: number;
  /** Time of the operation before, in nanoseconds: a line without a time takes it. */
  time: number;
  /** Invocations without a completion so far. */
  readonly open: Map<Process, Op>;
  readonly names: Map<string, string>;
  readonly errors: Map<string, OpError>;
}

/** Names and errors that are kept for sharing; beyond that they are stored as often as they come. */
const SHARED_MAX = 100_000;

/** The state before the first line. */
export function newLineState(): LineState {
  return { count: 0, time: 0, open: new Map(), names: new Map(), errors: new Map() };
}

/**
 * The operation on a line, or a sentence's end that says what is wrong with it. A missing `index` is the position, a
 * missing `time` that of the line before, so that histories written by hand are possible.
 */
export function parseOpLine(text: string, state: LineState): Op | string {
  let line: unknown;
  try {
    line = parseExact(text);
  } catch {
    return "it is not JSON";
  }
  if (typeof line !== "object" || line === null || Array.isArray(line)) return "it is not a JSON object";
  return opOf(line as Record<string, unknown>, state);
}

/** The operation that a record describes, member by member as in a stored line; or what is wrong with it. */
export function opOf(raw: Readonly<Record<string, unknown>>, state: LineState): Op | string {
  const type = opType(raw.type);
  if (type === undefined) return `its "type" is none of invoke, ok, fail, info`;
  const process = opProcess(raw.process, state);
  if (process === undefined) return `its "process" is neither a whole number nor a nemesis`;
  if (typeof raw.f !== "string") return `its "f" is not a string`;
  const index = raw.index ?? state.count;
  if (index !== state.count) {
    return `it holds operation ${index} where operation ${state.count} belongs, so lines are missing or out of order (lines without "index" are numbered as they come)`;
  }
  const time = raw.time ?? state.time;
  if (typeof time !== "number" || time < 0) return `its "time" is not a number of nanoseconds`;
  const begun = type === "invoke" ? undefined : state.open.get(process);
  const key = raw.key ?? begun?.key;
  if (key !== undefined && typeof key !== "string" && typeof key !== "number") {
    return `its "key" is neither a string nor a number`;
  }
  if (begun !== undefined && begun.f !== raw.f) return `it ends a "${raw.f}" where its process began a "${begun.f}"`;
  if (begun !== undefined && key !== begun.key) return `it has another key than the operation that its process began`;
  let value = raw.value;
  if (raw.sameValueAs !== undefined) {
    if (begun === undefined || raw.sameValueAs !== begun.index)
      return `its "sameValueAs" names no open invocation of its process`;
    value = begun.value;
  } else if (begun !== undefined && sameValue(begun.value, value)) {
    value = begun.value;
  }
  const op = makeOp(
    state.count,
    time,
    type,
    process,
    shared(raw.f, state),
    value,
    sharedKey(key, state),
    raw.node,
    state,
  );
  const withError = addDetails(op, raw, state);
  if (typeof withError === "string") return withError;
  if (type === "invoke") state.open.set(process, op);
  else state.open.delete(process);
  state.count++;
  state.time = time;
  return op;
}

/** Every combination gets a literal of its own: members added later would cost each operation a second allocation. */
function makeOp(
  index: number,
  time: number,
  type: OpType,
  process: Process,
  f: string,
  value: unknown,
  key: Key | undefined,
  rawNode: unknown,
  state: LineState,
): Op {
  if (typeof rawNode !== "string") {
    if (key === undefined) return { index, time, type, process, f, value };
    return { index, time, type, process, f, value, key };
  }
  const node = shared(rawNode, state);
  if (key === undefined) return { index, time, type, process, f, value, node };
  return { index, time, type, process, f, value, key, node };
}

/** Adds what few operations have. */
function addDetails(op: Op, raw: Readonly<Record<string, unknown>>, state: LineState): string | undefined {
  const target = op as { error?: OpError; evidence?: Evidence };
  if (raw.error !== undefined && raw.error !== null) {
    const error = opError(raw.error, state);
    if (error === undefined) return `its "error" has no "code"`;
    target.error = error;
  }
  if (raw.evidence !== undefined && raw.evidence !== null) {
    const evidence = raw.evidence as Partial<Evidence>;
    if (typeof evidence.proven !== "boolean" || typeof evidence.summary !== "string") {
      return `its "evidence" lacks "proven" or "summary"`;
    }
    target.evidence = evidence as Evidence;
  }
  return undefined;
}

function opType(raw: unknown): OpType | undefined {
  switch (raw) {
    case "invoke":
      return "invoke";
    case "ok":
      return "ok";
    case "fail":
      return "fail";
    case "info":
      return "info";
    default:
      return undefined;
  }
}

function opProcess(raw: unknown, state: LineState): Process | undefined {
  if (typeof raw === "number") return Number.isSafeInteger(raw) ? raw : undefined;
  if (raw === "nemesis" || (typeof raw === "string" && raw.startsWith("nemesis:")))
    return shared(raw, state) as Process;
  return undefined;
}

function opError(raw: unknown, state: LineState): OpError | undefined {
  const { code, message } = raw as Partial<OpError>;
  if (typeof code !== "string") return undefined;
  const name = `${code}\n${message ?? ""}`;
  const known = state.errors.get(name);
  if (known !== undefined) return known;
  const error = raw as OpError;
  if (state.errors.size < SHARED_MAX && Object.keys(error).length <= 2) state.errors.set(name, error);
  return error;
}

function sharedKey(key: Key | undefined, state: LineState): Key | undefined {
  return typeof key === "string" ? shared(key, state) : key;
}

function shared(text: string, state: LineState): string {
  const known = state.names.get(text);
  if (known !== undefined) return known;
  if (state.names.size < SHARED_MAX) state.names.set(text, text);
  return text;
}
