/** What the report carries for its timeline: written by `reports/page-data.ts`, read by the page's script. */

/** One lane of the timeline: a client thread, or a nemesis. */
export interface PageLane {
  readonly label: string;
  readonly nemesis: boolean;
}

/** A stretch of the history. Times in microseconds since the start. */
export interface PageChunk {
  readonly from: number;
  /** When the last of its operations ended. */
  readonly until: number;
  /** Index of its first and of its last operation's invocation. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** Whether its operations are on the page. */
  readonly here: boolean;
}

/** A fault in force. */
export interface PageSpan {
  readonly from: number;
  readonly to: number;
  readonly colour: number;
  readonly proven: boolean;
  readonly label: string;
}

/** Where to look first: a contradiction and its surroundings, or the beginning. */
export interface PageFocus {
  readonly from: number;
  readonly to: number;
  readonly key?: string;
  /** Invocations of the operations that contradict each other. */
  readonly indexes: readonly number[];
}

/** What the timeline knows before it unpacks any operation. Times in microseconds since the start. */
export interface PageData {
  readonly until: number;
  readonly total: number;
  readonly leftOut: number;
  readonly lanes: readonly PageLane[];
  readonly fs: readonly string[];
  readonly chunks: readonly PageChunk[];
  readonly spans: readonly PageSpan[];
  readonly focus: PageFocus;
}

/** How an operation ended, by its number in `ChunkColumns.type`. */
export const OUTCOMES = ["ok", "fail", "info", "open"] as const;

/**
 * The operations of a chunk in columns: the same place in each column is one operation. Numbers that grow are written
 * as differences, which deflate to less. Each chunk is deflated JSON in base64.
 */
export interface ChunkColumns {
  /** Index of the invocation, less that of the operation before it (for the first, less 0). */
  readonly index: number[];
  /** Index of the completion, less that of the invocation; -1 if there is none. */
  readonly end: number[];
  /** Place in `PageData.lanes`. */
  readonly lane: number[];
  readonly process: (number | string)[];
  /** Place in `PageData.fs`. */
  readonly f: number[];
  /** Place in `OUTCOMES`. */
  readonly type: number[];
  /** Microseconds of the invocation, less those of the operation before it (for the first, less 0). */
  readonly from: number[];
  /** Microseconds that it took, or that were left until the history ended. */
  readonly took: number[];
  /** "" where the operation has none. */
  readonly key: string[];
  readonly node: string[];
  readonly asked: string[];
  readonly got: string[];
  readonly error: string[];
}
