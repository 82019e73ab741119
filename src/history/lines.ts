/** Lines of a file of any size, in batches: the ground of every reader of line-based histories and logs. */
import { createReadStream } from "node:fs";
import { JepsenError, messageOf } from "../errors.ts";

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** Bytes that one line may have at most; a longer one is taken for a file of another kind. */
export const LINE_BYTES_MAX = 256 * 1024 * 1024;

/** Consecutive lines of a file, without their newlines. */
export interface LineBatch {
  /** Number of the first line, from 1. */
  readonly firstLine: number;
  readonly lines: readonly string[];
  /** The batch ends with the file's last line, and no newline followed it. */
  readonly unterminated: boolean;
}

/** Bytes that arrived since the last newline. */
class Carry {
  private parts: Buffer[] = [];
  bytes = 0;

  push(part: Buffer): void {
    this.parts.push(part);
    this.bytes += part.length;
  }

  take(): Buffer {
    const whole = this.parts.length === 1 ? (this.parts[0] as Buffer) : Buffer.concat(this.parts, this.bytes);
    this.parts = [];
    this.bytes = 0;
    return whole;
  }
}

/**
 * Reads a file in pieces of 1 MiB and yields its lines. Cutting at newline bytes keeps UTF-8 sequences whole.
 * Throws JepsenError "usage" when the file cannot be opened or read, "corrupt" when a line exceeds LINE_BYTES_MAX.
 */
export async function* readLines(path: string): AsyncGenerator<LineBatch> {
  const carry = new Carry();
  let firstLine = 1;
  const tooLong = () =>
    new JepsenError(
      "corrupt",
      `Line ${firstLine} of ${path} is longer than ${LINE_BYTES_MAX} bytes: this is no history or log that can be read.`,
      { file: path, line: firstLine },
    );
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      const end = piece.lastIndexOf(NEWLINE);
      if (end < 0) {
        carry.push(piece);
        if (carry.bytes > LINE_BYTES_MAX) throw tooLong();
        continue;
      }
      carry.push(piece.subarray(0, end));
      const lines = carry.take().toString("utf8").split("\n");
      if (firstLine === 1) lines[0] = withoutByteOrderMark(lines[0] as string);
      yield { firstLine, lines, unterminated: false };
      firstLine += lines.length;
      if (end + 1 < piece.length) carry.push(piece.subarray(end + 1));
    }
  } catch (error) {
    if (error instanceof JepsenError) throw error;
    throw unreadable(path, error);
  }
  if (carry.bytes > 0) {
    const last = carry.take().toString("utf8");
    yield { firstLine, lines: [firstLine === 1 ? withoutByteOrderMark(last) : last], unterminated: true };
  }
}

/** The error for a file that cannot be opened or read. */
export function unreadable(path: string, cause: unknown): JepsenError {
  const absent = (cause as NodeJS.ErrnoException).code === "ENOENT";
  const sentence = absent ? `There is no file ${path}.` : `${path} cannot be read: ${messageOf(cause)}.`;
  return new JepsenError("usage", sentence, { file: path }, cause);
}

function withoutByteOrderMark(line: string): string {
  return line.startsWith("\uFEFF") ? line.slice(1) : line;
}
