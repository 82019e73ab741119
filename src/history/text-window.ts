/** A file of any size as text, of which only a window is in memory. */
import { createReadStream } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { JepsenError } from "../errors.ts";
import { unreadable } from "./lines.ts";

const CHUNK_BYTES = 1 << 20;

/** Characters that one operation may have at most. */
const WINDOW_CHARACTERS_MAX = 256 * 1024 * 1024;

/** The text that was read and not yet consumed. */
export class TextWindow {
  readonly path: string;
  text = "";
  /** True once `text` reaches to the end of the file. */
  ended = false;
  private firstLine = 1;
  private readonly pieces: AsyncGenerator<string>;

  constructor(path: string) {
    this.path = path;
    this.pieces = readText(path);
  }

  /** Line number of a position in `text`. */
  lineAt(position: number): number {
    return this.firstLine + newlines(this.text, position);
  }

  /**
   * Drops the text before `position` and reads on: at least as much again as is left, so that looking at the same
   * text again and again costs no more than a constant times its length. Throws JepsenError "usage" and "corrupt".
   */
  async advance(position: number): Promise<void> {
    this.firstLine += newlines(this.text, position);
    const parts = [this.text.slice(position)];
    let length = (parts[0] as string).length;
    if (length > WINDOW_CHARACTERS_MAX) {
      throw this.broken(0, `an operation is longer than ${WINDOW_CHARACTERS_MAX} characters`);
    }
    const enough = 2 * length;
    do {
      const piece = await this.pieces.next();
      if (piece.done === true) {
        this.ended = true;
        break;
      }
      parts.push(piece.value);
      length += piece.value.length;
    } while (length < enough);
    this.text = parts.join("");
  }

  /** Stops reading and closes the file. */
  async close(): Promise<void> {
    await this.pieces.return(undefined);
  }

  /** The error that names the line of a position in `text`. */
  broken(position: number, reason: string): JepsenError {
    const line = this.lineAt(position);
    return new JepsenError("corrupt", `Line ${line} of ${this.path} is broken: ${reason}.`, { file: this.path, line });
  }
}

async function* readText(path: string): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let first = true;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
      const text = decoder.write(piece);
      yield first && text.startsWith("\uFEFF") ? text.slice(1) : text;
      first = false;
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  const rest = decoder.end();
  if (rest !== "") yield rest;
}

function newlines(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
