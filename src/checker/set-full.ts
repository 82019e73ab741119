import { isClientOp, type Op } from "../history/op.ts";
import { operations } from "../history/pairs.ts";
import { plainValue, valueKey } from "../history/value.ts";
import type { Checker, Result, Verdict } from "../test.ts";
import { countOf, describeElements, nameElements, type SetFailure } from "./elements.ts";
import { type Quantiles, quantiles } from "./quantiles.ts";
import { elementsOf } from "./set.ts";

/** One element whose appearance was late. */
export interface StaleElement {
  readonly element: unknown;
  /** Milliseconds from when it was known to be there to the last read that did not see it. */
  readonly stableLatencyMs: number;
  /** The event that made it known: its acknowledgement, or the first read that saw it. */
  readonly knownIndex: number;
  /** The invocation of the last read that did not see it. */
  readonly lastAbsentIndex: number;
}

/** What the set-full checker answers. Lists of elements are text like `0..2 5`. */
export interface SetFullResult extends Result {
  /** Different elements that somebody tried to add. */
  readonly attemptCount: number;
  /** In every read from some read on. */
  readonly stableCount: number;
  /** Known to be there, and missing in every read from some read on. */
  readonly lostCount: number;
  readonly lost: string;
  /** Nothing can be said: no read after they were known, or reads at the same time that disagree. */
  readonly neverReadCount: number;
  readonly neverRead: string;
  /** Stable, but missing in a read that began after they were known. */
  readonly staleCount: number;
  readonly stale: string;
  /** The eight latest. */
  readonly worstStale: readonly StaleElement[];
  /** More than once in one read, with the greatest count; the first 100. */
  readonly duplicatedCount: number;
  readonly duplicated: readonly { readonly element: unknown; readonly count: number }[];
  /** Read although nobody had tried to add them by then, or every attempt had failed. */
  readonly unexpectedCount: number;
  readonly unexpected: string;
  /** Of the lost elements, and of the stale ones where they are false: the first twenty. */
  readonly failures: readonly SetFailure[];
  /** Milliseconds from when an element was known until it was stable; until it was lost. Absent where there is none. */
  readonly stableLatenciesMs?: Quantiles;
  readonly lostLatenciesMs?: Quantiles;
}

interface Read {
  readonly invoke: Op;
  readonly ok: Op;
  readonly keys: ReadonlySet<unknown>;
}

interface Element {
  readonly value: unknown;
  readonly attemptIndex: number;
  mayExist: boolean;
  known: Op | undefined;
  lastPresent: Op | undefined;
  lastAbsent: Op | undefined;
}

/** Duplicated elements that are listed. */
const DUPLICATED_MAX = 100;
/** Stale elements that are listed in full. */
const WORST_MAX = 8;
/** Elements whose operations are told. */
const FAILURES_MAX = 20;

/**
 * A set to which elements are added (`add`) and that is read (`read`, an array of elements) all the time. An element is
 * known from its acknowledgement or the first read that saw it. Lost, duplicated and unexpected elements are false;
 * stale ones too with `linearizable`. "unknown" when no element is ever seen to stay.
 */
export function setFullChecker(options: { readonly linearizable?: boolean } = {}): Checker {
  return {
    async check(_test, history): Promise<SetFullResult> {
      const all = operations(history.filter(isClientOp));
      const elements = new Map<unknown, Element>();
      for (const { invoke, completion } of all) {
        if (invoke.f === "add") noteAdd(elements, invoke, completion);
      }
      const reads: Read[] = [];
      const duplicates = new Map<unknown, { element: unknown; count: number }>();
      const unexpected = new Map<unknown, unknown>();
      for (const { invoke, completion } of all) {
        if (invoke.f !== "read" || completion?.type !== "ok") continue;
        reads.push(noteRead(elements, invoke, completion, duplicates, unexpected));
      }
      noteAbsences(elements, reads);
      const linearizable = options.linearizable === true;
      return judge([...elements.values()], reads, duplicates, [...unexpected.values()], linearizable);
    },
  };
}

function noteAdd(elements: Map<unknown, Element>, invoke: Op, completion: Op | undefined): void {
  const key = valueKey(invoke.value);
  let element = elements.get(key);
  if (element === undefined) {
    element = {
      value: invoke.value,
      attemptIndex: invoke.index,
      mayExist: false,
      known: undefined,
      lastPresent: undefined,
      lastAbsent: undefined,
    };
    elements.set(key, element);
  }
  if (completion?.type !== "fail") element.mayExist = true;
  if (completion?.type === "ok") know(element, completion);
}

function noteRead(
  elements: Map<unknown, Element>,
  invoke: Op,
  ok: Op,
  duplicates: Map<unknown, { element: unknown; count: number }>,
  unexpected: Map<unknown, unknown>,
): Read {
  const counts = new Map<unknown, number>();
  for (const value of elementsOf(ok)) {
    const key = valueKey(value);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count > 1 && count > (duplicates.get(key)?.count ?? 1))
      duplicates.set(key, { element: plainValue(value), count });
    const element = elements.get(key);
    if (element === undefined || !element.mayExist || element.attemptIndex > ok.index) {
      unexpected.set(key, value);
      continue;
    }
    know(element, ok);
    if (element.lastPresent === undefined || element.lastPresent.index < invoke.index) element.lastPresent = invoke;
  }
  return { invoke, ok, keys: new Set(counts.keys()) };
}

function know(element: Element, by: Op): void {
  if (element.known === undefined || by.index < element.known.index) element.known = by;
}

/**
 * From the last read to the first: the first read met that lacks an element is the last that does. Those still looked
 * for are in every read met so far, so all steps together cost no more than the reads are long.
 */
function noteAbsences(elements: Map<unknown, Element>, reads: readonly Read[]): void {
  let pending = [...elements];
  for (const { invoke, keys } of [...reads].sort((a, b) => b.invoke.index - a.invoke.index)) {
    const present: [unknown, Element][] = [];
    for (const entry of pending) {
      if (keys.has(entry[0])) present.push(entry);
      else entry[1].lastAbsent = invoke;
    }
    pending = present;
  }
}

/** The operations of one element that was known and is missing in a read that began later. */
function failureOf({ value, known, attemptIndex }: Element, read: Read | undefined, missing: string): SetFailure {
  const by = known as Op;
  const how = by.f === "add" ? "was acknowledged" : "was read";
  const indexes = [attemptIndex, by.index, ...(read ? [read.invoke.index, read.ok.index] : [])];
  return { contradiction: { indexes, sentence: `${nameElements([value])} ${how}, and ${missing}.` } };
}

function judge(
  elements: readonly Element[],
  reads: readonly Read[],
  duplicates: ReadonlyMap<unknown, { readonly element: unknown; readonly count: number }>,
  unexpected: readonly unknown[],
  linearizable: boolean,
): SetFullResult {
  const lost: unknown[] = [];
  const lostFailures: SetFailure[] = [];
  const staleFailures: SetFailure[] = [];
  const inOrder = [...reads].sort((a, b) => a.invoke.index - b.invoke.index);
  const neverRead: unknown[] = [];
  const stale: StaleElement[] = [];
  const stableLatencies: number[] = [];
  const lostLatencies: number[] = [];
  for (const element of elements) {
    const { value, known, lastPresent, lastAbsent } = element;
    const present = lastPresent?.index ?? -1;
    const absent = lastAbsent?.index ?? -1;
    if (known !== undefined && lastPresent !== undefined && absent < present) {
      const latency = lastAbsent === undefined ? 0 : latencyMs(known, lastAbsent);
      stableLatencies.push(latency);
      if (absent > known.index) {
        stale.push({
          element: plainValue(value),
          stableLatencyMs: latency,
          knownIndex: known.index,
          lastAbsentIndex: absent,
        });
        if (linearizable && staleFailures.length < FAILURES_MAX) {
          const read = inOrder.find(({ invoke }) => invoke.index === absent);
          staleFailures.push(failureOf(element, read, "a read that began later lacks it"));
        }
      }
    } else if (known !== undefined && absent > present && known.index < absent) {
      lost.push(value);
      if (lostFailures.length < FAILURES_MAX) {
        const since = Math.max(known.index, present);
        const read = inOrder.find(({ invoke }) => invoke.index > since);
        lostFailures.push(failureOf(element, read, "every read from this one on lacks it"));
      }
      lostLatencies.push(lastPresent === undefined ? 0 : latencyMs(known, lastPresent));
    } else {
      neverRead.push(value);
    }
  }
  const worstStale = [...stale].sort((a, b) => b.stableLatencyMs - a.stableLatencyMs).slice(0, WORST_MAX);
  const wrong = lost.length > 0 || duplicates.size > 0 || unexpected.length > 0 || (linearizable && stale.length > 0);
  const valid: Verdict = wrong ? false : stableLatencies.length === 0 ? "unknown" : true;
  const stableLatenciesMs = quantiles(stableLatencies);
  const lostLatenciesMs = quantiles(lostLatencies);
  return {
    valid,
    summary: sentence({
      lost,
      unexpected,
      stale,
      duplicates: duplicates.size,
      stable: stableLatencies.length,
      linearizable,
    }),
    attemptCount: elements.length,
    stableCount: stableLatencies.length,
    lostCount: lost.length,
    lost: describeElements(lost),
    neverReadCount: neverRead.length,
    neverRead: describeElements(neverRead),
    staleCount: stale.length,
    stale: describeElements(stale.map(({ element }) => element)),
    worstStale,
    duplicatedCount: duplicates.size,
    duplicated: [...duplicates.values()].sort((a, b) => b.count - a.count).slice(0, DUPLICATED_MAX),
    unexpectedCount: unexpected.length,
    unexpected: describeElements(unexpected),
    failures: [...lostFailures, ...staleFailures].slice(0, FAILURES_MAX),
    ...(stableLatenciesMs === undefined ? {} : { stableLatenciesMs }),
    ...(lostLatenciesMs === undefined ? {} : { lostLatenciesMs }),
  };
}

function latencyMs(from: Op, to: Op): number {
  return Math.max(0, (to.time - from.time) / 1e6);
}

function sentence(found: {
  readonly lost: readonly unknown[];
  readonly unexpected: readonly unknown[];
  readonly stale: readonly StaleElement[];
  readonly duplicates: number;
  readonly stable: number;
  readonly linearizable: boolean;
}): string {
  const parts: string[] = [];
  if (found.lost.length > 0) {
    parts.push(`${countOf(found.lost.length, "element")} lost: ${nameElements(found.lost)}.`);
  }
  if (found.unexpected.length > 0) {
    parts.push(
      `${countOf(found.unexpected.length, "element")} that should not be there: ${nameElements(found.unexpected)}.`,
    );
  }
  if (found.duplicates > 0) parts.push(`${countOf(found.duplicates, "element")} more than once in one read.`);
  if (found.stale.length > 0) {
    const allowed = found.linearizable ? "" : ", which is allowed here";
    parts.push(
      `${countOf(found.stale.length, "element")} missing in reads that began after they were known${allowed}.`,
    );
  }
  if (parts.length > 0) return parts.join(" ");
  return found.stable === 0
    ? "No element was ever seen to stay, so nothing is known of the set."
    : `${countOf(found.stable, "element")} stayed once they were there.`;
}
