/**
 * The history on disk: one JSON object a line, in the order of events, written as it happens.
 *
 * Two things go beyond plain JSON. A big integer is written as `{"$bigint":"9007199254740993"}`. A completion that
 * carries the very value of its invocation, if that is long, says `"sameValueAs":<index of the invocation>` instead of
 * repeating it. Values must otherwise be JSON: what JSON would drop or change (functions, sets, maps, NaN) is refused;
 * only members without a value are left out.
 */
import { type FileHandle, open } from "node:fs/promises";
import { JepsenError, messageOf } from "../errors.ts";
import { lossyPart, stringifyExact } from "./exact-json.ts";
import { readLines } from "./lines.ts";
import type { Op, Process } from "./op.ts";
import { newLineState, parseOpLine } from "./op-line.ts";

/** Milliseconds that an operation stays in memory at most before it is handed to the operating system. */
const FLUSH_INTERVAL_MS = 100;
/** Characters gathered before they are handed over at once. */
const BATCH_CHARACTERS = 256 * 1024;
/** Characters not yet on disk, above which `append` asks its caller to wait. */
const UNWRITTEN_CHARACTERS_MAX = 16 * 1024 * 1024;
/** Values at least as long as this are written once. */
const LONG_VALUE_CHARACTERS = 256;

/** Appends operations to a history on disk. */
export interface HistoryWriter {
  /**
   * Takes an operation. A returned promise asks the caller to wait: more than 16 Mi characters are not yet on disk. It
   * rejects with JepsenError "disk" once anything could not be written; everything before that is in the file.
   * Throws JepsenError "client" for an operation that has no JSON (a cycle in its value); nothing of it is written.
   */
  append(op: Op): void | Promise<void>;
  /** Writes the rest, asks the disk to keep it, and closes the file. Rejects with JepsenError "disk". */
  close(): Promise<void>;
}

/** Makes a new history file. An existing one is never overwritten. Rejects with JepsenError "disk". */
export async function openJsonLinesWriter(path: string): Promise<HistoryWriter> {
  try {
    return new JsonLinesWriter(path, await open(path, "wx"));
  } catch (error) {
    throw diskError(path, error);
  }
}

/** What a reader tells beside the operations. */
export interface ReadOptions {
  /** Called when the last line is torn, as after a SIGKILL or on a full disk; it holds no operation. */
  readonly onTorn?: (line: number) => void;
}

/**
 * Reads a history in batches, in memory of a few MiB. A torn last line is left out and told to `onTorn`.
 * Throws JepsenError "corrupt" with the line's number for a broken line before the last, "usage" for no such file.
 */
export async function* readJsonLines(path: string, options: ReadOptions = {}): AsyncGenerator<readonly Op[]> {
  const state = newLineState();
  for await (const { firstLine, lines, unterminated } of readLines(path)) {
    const batch: Op[] = [];
    for (let i = 0; i < lines.length; i++) {
      const text = lines[i] as string;
      if (text === "" || text.trim() === "") continue;
      const op = parseOpLine(text, state);
      if (typeof op === "string") {
        const line = firstLine + i;
        if (unterminated && !isJson(text)) {
          options.onTorn?.(line);
          break;
        }
        throw new JepsenError("corrupt", `Line ${line} of ${path} is broken: ${op}.`, { file: path, line });
      }
      batch.push(op);
    }
    yield batch;
  }
}

/** Reads a whole history. `torn`: the last line was cut off and is left out. Errors as for `readJsonLines`. */
export async function loadHistory(path: string): Promise<{ readonly history: Op[]; readonly torn: boolean }> {
  const history: Op[] = [];
  let torn = false;
  for await (const batch of readJsonLines(path, { onTorn: () => (torn = true) })) {
    for (const op of batch) history.push(op);
  }
  return { history, torn };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function diskError(path: string, cause: unknown): JepsenError {
  const code = (cause as NodeJS.ErrnoException).code;
  const advice =
    code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG"
      ? "the disk is full. Free some space, or put the store on another disk."
      : messageOf(cause);
  return new JepsenError("disk", `The history cannot be written to ${path}: ${advice}`, { file: path, code }, cause);
}

/** Operations become text at once; text goes to the disk in batches, one write at a time. */
class JsonLinesWriter implements HistoryWriter {
  private readonly path: string;
  private readonly file: FileHandle;
  private text = "";
  private queued: string[] = [];
  private queuedCharacters = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private failure: JepsenError | undefined;
  private waiters: { resolve: () => void; reject: (error: JepsenError) => void }[] = [];
  private closing: Promise<void> | undefined;
  /** Long values of open invocations. */
  private readonly longValues = new Map<Process, { readonly value: unknown; readonly index: number }>();
  private readonly quotedNames = new Map<Process, string>();

  constructor(path: string, file: FileHandle) {
    this.path = path;
    this.file = file;
  }

  append(op: Op): void | Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.closing !== undefined) {
      return Promise.reject(new JepsenError("internal", "An operation was appended to a history that is closed."));
    }
    this.text += this.serialise(op);
    if (this.text.length >= BATCH_CHARACTERS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), FLUSH_INTERVAL_MS);
    if (this.queuedCharacters <= UNWRITTEN_CHARACTERS_MAX) return;
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
    });
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    this.flush();
    await this.writing;
    try {
      if (this.failure === undefined) await this.file.sync();
    } catch (error) {
      this.failure = diskError(this.path, error);
    }
    await this.file.close();
    if (this.failure !== undefined) throw this.failure;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.text === "") return;
    this.queued.push(this.text);
    this.queuedCharacters += this.text.length;
    this.text = "";
    this.writing ??= this.drain();
  }

  /** Writes until nothing is queued. Never rejects: what went wrong is kept for `append` and `close`. */
  private async drain(): Promise<void> {
    try {
      while (this.queued.length > 0) {
        const characters = this.queuedCharacters;
        const bytes = Buffer.from(this.queued.join(""), "utf8");
        this.queued = [];
        for (let written = 0; written < bytes.length; ) {
          written += (await this.file.write(bytes, written, bytes.length - written)).bytesWritten;
        }
        this.queuedCharacters -= characters;
        if (this.queuedCharacters <= UNWRITTEN_CHARACTERS_MAX) this.release();
      }
    } catch (error) {
      this.failure = diskError(this.path, error);
      this.queued = [];
      this.release();
    } finally {
      this.writing = undefined;
    }
  }

  private release(): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const waiter of waiters) {
      if (this.failure === undefined) waiter.resolve();
      else waiter.reject(this.failure);
    }
  }

  /** One line. Built by hand: several times faster than JSON.stringify of the whole operation. */
  private serialise(op: Op): string {
    try {
      return this.line(op);
    } catch (error) {
      throw new JepsenError(
        "client",
        `Operation ${op.index} (${op.f}) carries something that is no JSON and cannot be written to the history: ${messageOf(error)}`,
        { index: op.index, f: op.f, process: op.process },
        error,
      );
    }
  }

  private line(op: Op): string {
    let line = `{"index":${op.index},"time":${op.time},"type":"${op.type}","process":${this.quoted(op.process)},"f":${this.quoted(op.f)}`;
    if (op.key !== undefined) line += `,"key":${typeof op.key === "number" ? op.key : JSON.stringify(op.key)}`;
    line += this.serialiseValue(op);
    if (op.node !== undefined) line += `,"node":${this.quoted(op.node)}`;
    if (op.error !== undefined) line += `,"error":${stringifyExact(op.error)}`;
    if (op.evidence !== undefined) line += `,"evidence":${stringifyExact(op.evidence)}`;
    return `${line}}\n`;
  }

  private serialiseValue(op: Op): string {
    const value = op.value;
    if (op.type !== "invoke" && this.longValues.size > 0) {
      const invocation = this.longValues.get(op.process);
      this.longValues.delete(op.process);
      if (invocation !== undefined && invocation.value === value) return `,"sameValueAs":${invocation.index}`;
    }
    if (value === undefined) return "";
    if (value === null) return ',"value":null';
    if (typeof value === "number" && Number.isFinite(value)) return `,"value":${value}`;
    const lossy = lossyPart(value);
    if (lossy !== undefined) throw new TypeError(`${lossy} in its value`);
    const text = stringifyExact(value);
    if (text === undefined) return "";
    if (op.type === "invoke" && text.length >= LONG_VALUE_CHARACTERS) {
      this.longValues.set(op.process, { value, index: op.index });
    }
    return `,"value":${text}`;
  }

  /** Names repeat: their JSON is made once. Processes are numbers mostly, and those are not kept. */
  private quoted(name: Process | string): string | number {
    if (typeof name === "number") return name;
    let text = this.quotedNames.get(name as Process);
    if (text === undefined) {
      text = JSON.stringify(name);
      if (this.quotedNames.size < 10_000) this.quotedNames.set(name as Process, text);
    }
    return text;
  }
}
