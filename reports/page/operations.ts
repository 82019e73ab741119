/** The packed operations of the page: unpacked where the reader looks, then kept. */

import { type ChunkColumns, OUTCOMES, type PageData } from "./data.ts";

/** One operation as the timeline shows it. Times in microseconds since the start. */
export interface PageOperation {
  readonly index: number;
  /** Index of the completion, or -1. */
  readonly end: number;
  readonly lane: number;
  readonly process: number | string;
  readonly f: string;
  readonly outcome: (typeof OUTCOMES)[number];
  readonly from: number;
  readonly to: number;
  readonly key: string;
  readonly node: string;
  readonly asked: string;
  readonly got: string;
  readonly error: string;
}

/** The operations behind the page. */
export interface PageOperations {
  /** Those in progress at any time from `from` to `to`, in the order of invocation; `missing`: some are not on the page. */
  between(from: number, to: number): Promise<{ readonly operations: PageOperation[]; readonly missing: boolean }>;
  /** The operation that an index begins or ends; undefined when it is not on the page. */
  at(index: number): Promise<PageOperation | undefined>;
}

async function unpacked(text: string): Promise<ChunkColumns> {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return (await new Response(stream).json()) as ChunkColumns;
}

function rowsOf(columns: ChunkColumns, fs: readonly string[]): PageOperation[] {
  let index = 0;
  let from = 0;
  return columns.index.map((step, at) => {
    index += step;
    from += columns.from[at] as number;
    const end = columns.end[at] as number;
    return {
      index,
      end: end < 0 ? -1 : index + end,
      lane: columns.lane[at] as number,
      process: columns.process[at] as number | string,
      f: fs[columns.f[at] as number] ?? "",
      outcome: OUTCOMES[columns.type[at] as number] ?? "open",
      from,
      to: from + (columns.took[at] as number),
      key: columns.key[at] as string,
      node: columns.node[at] as string,
      asked: columns.asked[at] as string,
      got: columns.got[at] as string,
      error: columns.error[at] as string,
    };
  });
}

/** Opens them; `packedText` gives the packed text of a chunk. */
export function openOperations(data: PageData, packedText: (chunk: number) => string): PageOperations {
  const cache = new Map<number, Promise<PageOperation[]>>();
  const chunk = (at: number): Promise<PageOperation[]> => {
    const known = cache.get(at) ?? unpacked(packedText(at)).then((columns) => rowsOf(columns, data.fs));
    cache.set(at, known);
    return known;
  };
  return {
    async between(from, to) {
      const wanted = data.chunks.flatMap((one, at) => (one.from <= to && one.until >= from ? [at] : []));
      const here = wanted.filter((at) => data.chunks[at]?.here);
      const groups = await Promise.all(here.map(chunk));
      const operations = groups.flat().filter((one) => one.from <= to && one.to >= from);
      return { operations, missing: here.length < wanted.length };
    },
    async at(index) {
      // An index that ends an operation lies behind the chunk that has its beginning: look backwards from there.
      for (let at = data.chunks.findLastIndex((one) => one.first <= index); at >= 0; at--) {
        if (!data.chunks[at]?.here) continue;
        const found = (await chunk(at)).find((one) => one.index === index || one.end === index);
        if (found) return found;
      }
      return undefined;
    },
  };
}
