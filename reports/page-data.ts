/**
 * The operations as the page's timeline reads them. They are packed in chunks, deflated, and unpacked in the browser
 * only where the reader looks, so that a long history makes a page of a few megabytes. Where even that is too much, the
 * chunks farthest from the place that matters are left out, and the page says so.
 */

import { deflateRawSync } from "node:zlib";
import { isNemesisProcess, type Op } from "../src/history/op.ts";
import type { Operation } from "../src/history/pairs.ts";
import type { Contradiction } from "./contradictions.ts";
import type { FaultSpan } from "./fault-spans.ts";
import { visibleText } from "./html.ts";
import {
  type ChunkColumns,
  OUTCOMES,
  type PageChunk,
  type PageData,
  type PageFocus,
  type PageLane,
} from "./page/data.ts";
import { outcomeOf } from "./statistics.ts";
import { askedAndGot, clippedText } from "./value-text.ts";

/** The page's data: what it reads at once, and the packed chunks, "" for those left out. */
export interface PackedPage {
  readonly data: PageData;
  readonly chunks: readonly string[];
}

const CHUNK_OPERATIONS = 1500;
/** Characters of packed operations that a page carries at most. */
const PACKED_CHARS_MAX = 2_200_000;
const VALUE_CHARS_MAX = 160;
const ERROR_CHARS_MAX = 240;
/** Surroundings of a contradiction, as a share of its length, and at least. */
const FOCUS_MARGIN = 0.35;
const FOCUS_MARGIN_NS_MIN = 5e6;
/** How much of a run without a contradiction is shown at first. */
const FIRST_LOOK_OPERATIONS = 60;

/** Assigns operations to lanes: nemeses first, then client threads in their order. A process's thread is its number modulo the threads. */
function lanesOf(operations: readonly Operation[], concurrency: number): { lanes: PageLane[]; laneOf(op: Op): number } {
  const nemeses = new Set<string>();
  const threads = new Map<number, string | undefined>();
  const threadOf = (process: number) => (concurrency > 0 ? process % concurrency : process);
  for (const { invoke } of operations) {
    if (isNemesisProcess(invoke.process)) nemeses.add(invoke.process);
    else if (!threads.get(threadOf(invoke.process))) threads.set(threadOf(invoke.process), invoke.node);
  }
  const names = [...nemeses];
  const numbers = [...threads.keys()].sort((a, b) => a - b);
  const place = new Map<string | number, number>([...names, ...numbers].map((name, at) => [name, at]));
  return {
    lanes: [
      ...names.map((name) => ({ label: visibleText(name.replace("nemesis:", "")), nemesis: true })),
      ...numbers.map((number) => {
        const node = threads.get(number);
        return { label: visibleText(node === undefined ? `${number}` : `${number} · ${node}`), nemesis: false };
      }),
    ],
    laneOf: ({ process }) => place.get(typeof process === "number" ? threadOf(process) : process) ?? 0,
  };
}

/** Each number less the one before it. */
function differences(numbers: readonly number[]): number[] {
  return numbers.map((number, at) => number - (numbers[at - 1] ?? 0));
}

function micros(ns: number): number {
  return Math.round(ns / 1000);
}

function endOf({ invoke, completion }: Operation, endNs: number): number {
  return micros(completion?.time ?? Math.max(endNs, invoke.time));
}

function errorText({ completion }: Operation): string {
  const { code, message } = completion?.error ?? {};
  const text = [code, message].filter((part) => part !== undefined).join(": ");
  return visibleText(clippedText(text, ERROR_CHARS_MAX));
}

function columnsOf(
  operations: readonly Operation[],
  laneOf: (op: Op) => number,
  fs: ReadonlyMap<string, number>,
  endNs: number,
): ChunkColumns {
  const texts = operations.map((operation) => askedAndGot(operation, VALUE_CHARS_MAX));
  return {
    index: differences(operations.map(({ invoke }) => invoke.index)),
    end: operations.map(({ invoke, completion }) => (completion === undefined ? -1 : completion.index - invoke.index)),
    lane: operations.map(({ invoke }) => laneOf(invoke)),
    process: operations.map(({ invoke }) =>
      typeof invoke.process === "number" ? invoke.process : visibleText(invoke.process),
    ),
    f: operations.map(({ invoke }) => fs.get(invoke.f) ?? 0),
    type: operations.map((one) => OUTCOMES.indexOf(one.completion === undefined ? "open" : outcomeOf(one))),
    from: differences(operations.map(({ invoke }) => micros(invoke.time))),
    took: operations.map((operation) => endOf(operation, endNs) - micros(operation.invoke.time)),
    key: operations.map(({ invoke }) => (invoke.key === undefined ? "" : visibleText(String(invoke.key)))),
    node: operations.map(({ invoke, completion }) => visibleText(completion?.node ?? invoke.node ?? "")),
    asked: texts.map(({ asked }) => visibleText(asked)),
    got: texts.map(({ got }) => visibleText(got)),
    error: operations.map(errorText),
  };
}

/** Where the reader looks first, in microseconds. */
function focusOf(operations: readonly Operation[], contradiction: Contradiction | undefined, endNs: number): PageFocus {
  if (contradiction && contradiction.parts.length > 0) {
    const all = contradiction.parts.map(({ operation }) => operation);
    const fromNs = all.reduce((min, { invoke }) => Math.min(min, invoke.time), endNs);
    const toNs = all.reduce((max, { invoke, completion }) => Math.max(max, completion?.time ?? invoke.time), 0);
    const marginNs = Math.max((toNs - fromNs) * FOCUS_MARGIN, FOCUS_MARGIN_NS_MIN);
    return {
      from: micros(Math.max(0, fromNs - marginNs)),
      to: micros(Math.min(endNs, toNs + marginNs)),
      indexes: all.map(({ invoke }) => invoke.index),
      ...(contradiction.key !== undefined && { key: visibleText(contradiction.key) }),
    };
  }
  const last = operations[Math.min(operations.length, FIRST_LOOK_OPERATIONS) - 1];
  return { from: 0, to: micros(last?.invoke.time ?? endNs), indexes: [] };
}

function boundsOf(operations: readonly Operation[], endNs: number): Omit<PageChunk, "here"> {
  const first = (operations[0] as Operation).invoke;
  const last = (operations.at(-1) as Operation).invoke;
  return {
    from: micros(first.time),
    until: operations.reduce((max, operation) => Math.max(max, endOf(operation, endNs)), 0),
    first: first.index,
    last: last.index,
    count: operations.length,
  };
}

/** The texts that fit, those nearest to the focus first; "" for the others. The nearest one is there in any case. */
function packedTexts(
  bounds: readonly Omit<PageChunk, "here">[],
  focus: PageFocus,
  textOf: (chunk: number) => string,
): readonly string[] {
  const distance = ({ from, until }: Omit<PageChunk, "here">) => Math.max(0, from - focus.to, focus.from - until);
  const nearestFirst = bounds
    .map((bound, chunk) => ({ chunk, distance: distance(bound) }))
    .sort((a, b) => a.distance - b.distance);
  const texts = bounds.map(() => "");
  let room = PACKED_CHARS_MAX;
  for (const { chunk } of nearestFirst) {
    const text = textOf(chunk);
    if (text.length > room && room < PACKED_CHARS_MAX) break;
    texts[chunk] = text;
    room -= text.length;
  }
  return texts;
}

/** Packs the operations of a history that ends at `endNs`; the first contradiction decides where the page looks first. */
export function packPage(
  operations: readonly Operation[],
  concurrency: number,
  spans: readonly FaultSpan[],
  contradiction: Contradiction | undefined,
  endNs: number,
): PackedPage {
  const { lanes, laneOf } = lanesOf(operations, concurrency);
  const names = [...new Set(operations.map(({ invoke }) => invoke.f))];
  const fs = new Map(names.map((f, at) => [f, at]));
  const focus = focusOf(operations, contradiction, endNs);
  const groups: Operation[][] = [];
  for (let at = 0; at < operations.length; at += CHUNK_OPERATIONS) {
    groups.push(operations.slice(at, at + CHUNK_OPERATIONS));
  }
  const bounds = groups.map((group) => boundsOf(group, endNs));
  const texts = packedTexts(bounds, focus, (chunk) => {
    const columns = columnsOf(groups[chunk] ?? [], laneOf, fs, endNs);
    return deflateRawSync(JSON.stringify(columns)).toString("base64");
  });
  const chunks = bounds.map((bound, at) => ({ ...bound, here: texts[at] !== "" }));
  return {
    data: {
      until: micros(endNs),
      total: operations.length,
      leftOut: chunks.reduce((sum, { here, count }) => sum + (here ? 0 : count), 0),
      lanes,
      fs: names.map(visibleText),
      chunks,
      spans: spans.map((span) => ({
        from: micros(span.fromNs),
        to: micros(span.toNs),
        colour: span.colour,
        proven: span.proven,
        label: visibleText(span.title),
      })),
      focus,
    },
    chunks: texts,
  };
}
