import { open } from "node:fs/promises";
import { JepsenError } from "../../errors.ts";
import { readJsonLines } from "../json-lines.ts";
import { unreadable } from "../lines.ts";
import type { Op } from "../op.ts";
import { readElleJson } from "./elle-json.ts";
import { readJepsenEdn } from "./jepsen-edn.ts";
import { readPorcupineKv } from "./porcupine-kv.ts";
import { readPorcupineLog } from "./porcupine-log.ts";
import type { HistoryReader } from "./reader.ts";

/** The formats that can be read, by the name that `--format` takes. */
export const readers = {
  "json-lines": readJsonLines,
  "jepsen-edn": readJepsenEdn,
  "elle-json": readElleJson,
  "porcupine-log": readPorcupineLog,
  "porcupine-kv": readPorcupineKv,
} as const satisfies Readonly<Record<string, HistoryReader>>;

/** A format's name. */
export type HistoryFormat = keyof typeof readers;

/** Every format's name. */
export const historyFormats = Object.keys(readers) as readonly HistoryFormat[];

/** Bytes at the beginning of a file by which its format is told. */
const HEAD_BYTES = 64 * 1024;

/** A whole history and how it was read. */
export interface ReadHistory {
  readonly history: Op[];
  readonly format: HistoryFormat;
  /** The line of the last operation, if that was cut off; it is left out. */
  readonly tornLine?: number;
}

/** How to read. */
export interface ReadHistoryOptions {
  /** Default: the one that the beginning of the file shows. */
  readonly format?: HistoryFormat | undefined;
  /** Changes an operation as it is read, or leaves it out (undefined): what is left out costs no memory. */
  readonly map?: (op: Op) => Op | undefined;
}

/**
 * Reads a history of any format. Throws JepsenError "usage" when the file cannot be read or is of no known format,
 * "corrupt" for a broken line, named by its number.
 */
export async function readHistory(path: string, options: ReadHistoryOptions = {}): Promise<ReadHistory> {
  const format = options.format ?? (await detectFormat(path));
  const { map } = options;
  const history: Op[] = [];
  let tornLine: number | undefined;
  const onTorn = (line: number) => {
    tornLine = line;
  };
  for await (const batch of readers[format](path, { onTorn })) {
    for (const op of batch) {
      const kept = map === undefined ? op : map(op);
      if (kept !== undefined) history.push(kept);
    }
  }
  return { history, format, ...(tornLine === undefined ? {} : { tornLine }) };
}

/** The format of a history by its first 64 KiB. An empty file counts as JSON Lines. Throws JepsenError "usage". */
export async function detectFormat(path: string): Promise<HistoryFormat> {
  const head = (await readHead(path)).replace(/^\uFEFF/, "").trimStart();
  if (head === "") return "json-lines";
  if (/^(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\s/.test(head)) return "porcupine-log";
  const firstLine = head.split("\n", 1)[0] as string;
  if (/^\{\s*"/.test(head))
    return /"f"\s*:/.test(firstLine) && /"process"\s*:/.test(firstLine) ? "json-lines" : "elle-json";
  if (/^\[\s*(?:\{\s*"|\]|$)/.test(head)) return "elle-json";
  if (/^\{\s*:/.test(head)) return /:key\s+"/.test(firstLine) ? "porcupine-kv" : "jepsen-edn";
  if (/^[[(]?\s*[{#;(]/.test(head)) return "jepsen-edn";
  throw new JepsenError(
    "usage",
    `${path} is no history in a known format; say which it is with --format (${historyFormats.join(", ")}).`,
    { file: path },
  );
}

async function readHead(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}
