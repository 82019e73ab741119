import { isClientOp, type Op } from "../history/op.ts";
import { type Operation, operations } from "../history/pairs.ts";
import { valueKey } from "../history/value.ts";
import type { Checker, Result } from "../test.ts";
import { countOf, describeElements, Multiset, nameElements, type SetFailure } from "./elements.ts";

/** What the set checker answers. Lists of elements are text like `0..2 5`. */
export interface SetResult extends Result {
  /** Adds that were begun, and those that were acknowledged. */
  readonly attemptCount: number;
  readonly acknowledgedCount: number;
  /** Elements of the final read that somebody tried to add. */
  readonly okCount: number;
  /** Acknowledged before the final read began, and not in it. */
  readonly lostCount: number;
  readonly lost: string;
  /** In the final read although their add had an unknown outcome. */
  readonly recoveredCount: number;
  readonly recovered: string;
  /** In the final read although nobody had tried to add them, or every attempt had failed. */
  readonly unexpectedCount: number;
  readonly unexpected: string;
  /** More than once in the final read. */
  readonly duplicatedCount: number;
  readonly duplicated: string;
  /** Acknowledged after the final read had begun, and not in it: nothing is known about them. */
  readonly unreadCount: number;
  /** The first twenty lost elements, with the events of their adds and of the final read. */
  readonly failures: readonly SetFailure[];
  /** The completion of the final read. */
  readonly finalReadIndex?: number;
}

/** Lost elements whose operations are told. */
const FAILURES_MAX = 20;

/**
 * A set to which elements are added (`add`, value: the element), and whose last `ok` read (`read`, value: an array of
 * elements) must hold every element whose add was acknowledged, each once, and no element that nobody tried to add.
 * "unknown" without a read, and when adds were acknowledged only after the last read had begun.
 */
export function setChecker(): Checker {
  return {
    async check(_test, history): Promise<SetResult> {
      const all = operations(history.filter(isClientOp));
      const adds = all.filter(({ invoke }) => invoke.f === "add");
      const acknowledged = adds.filter(({ completion }) => completion?.type === "ok");
      const read = lastOkRead(all);
      if (read === undefined) return neverRead(adds.length, acknowledged.length);
      const seen = new Multiset();
      for (const element of elementsOf(read.completion)) seen.add(element);

      const fate = fates(adds, read.completion.index);
      const recovered: unknown[] = [];
      const unexpected: unknown[] = [];
      const duplicated: unknown[] = [];
      let okCount = 0;
      for (const [element, count] of seen) {
        const known = fate.get(valueKey(element));
        if (known === undefined) unexpected.push(element);
        else okCount++;
        if (known === "perhaps") recovered.push(element);
        if (count > 1) duplicated.push(element);
      }
      const missing = acknowledged.filter(({ invoke }) => !seen.has(invoke.value));
      const isLost = ({ completion }: Operation) => (completion as Op).index < read.invoke.index;
      const lost = distinct(missing.filter(isLost).map(({ invoke }) => invoke.value));
      const unreadCount = distinct(missing.filter((add) => !isLost(add)).map(({ invoke }) => invoke.value)).length;
      const wrong = lost.length + unexpected.length + duplicated.length > 0;
      return {
        valid: wrong ? false : unreadCount > 0 ? "unknown" : true,
        summary: sentence({ lost, unexpected, duplicated, unreadCount, okCount }),
        attemptCount: adds.length,
        acknowledgedCount: acknowledged.length,
        okCount,
        lostCount: lost.length,
        lost: describeElements(lost),
        recoveredCount: recovered.length,
        recovered: describeElements(recovered),
        unexpectedCount: unexpected.length,
        unexpected: describeElements(unexpected),
        duplicatedCount: duplicated.length,
        duplicated: describeElements(duplicated),
        unreadCount,
        failures: missing
          .filter(isLost)
          .slice(0, FAILURES_MAX)
          .map((add) => failureOf(add, read)),
        finalReadIndex: read.completion.index,
      };
    },
  };
}

function failureOf({ invoke, completion }: Operation, read: FinalRead): SetFailure {
  const indexes = [invoke.index, (completion as Op).index, read.invoke.index, read.completion.index];
  const sentence = `${nameElements([invoke.value])} was acknowledged, and the final read lacks it.`;
  return { contradiction: { indexes, sentence } };
}

/** The elements that a read saw: its value must be an array, null is the empty set. */
export function elementsOf(read: Op): readonly unknown[] {
  if (Array.isArray(read.value)) return read.value;
  if (read.value === null || read.value === undefined) return [];
  throw new TypeError(`The read of operation ${read.index} is no array of elements.`);
}

/** What can be known at the moment of a read about each element that may be there. Failed adds leave no trace. */
function fates(adds: readonly Operation[], readIndex: number): Map<unknown, "acknowledged" | "perhaps"> {
  const fate = new Map<unknown, "acknowledged" | "perhaps">();
  for (const { invoke, completion } of adds) {
    if (invoke.index > readIndex || completion?.type === "fail") continue;
    const key = valueKey(invoke.value);
    if (completion?.type === "ok") fate.set(key, "acknowledged");
    else if (!fate.has(key)) fate.set(key, "perhaps");
  }
  return fate;
}

interface FinalRead {
  readonly invoke: Op;
  readonly completion: Op;
}

function lastOkRead(all: readonly Operation[]): FinalRead | undefined {
  let last: FinalRead | undefined;
  for (const { invoke, completion } of all) {
    if (invoke.f !== "read" || completion?.type !== "ok") continue;
    if (last === undefined || completion.index > last.completion.index) last = { invoke, completion };
  }
  return last;
}

function distinct(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [valueKey(value), value])).values()];
}

function neverRead(attemptCount: number, acknowledgedCount: number): SetResult {
  return {
    valid: "unknown",
    summary: "The set was never read, so nothing is known of it.",
    attemptCount,
    acknowledgedCount,
    okCount: 0,
    lostCount: 0,
    lost: "",
    recoveredCount: 0,
    recovered: "",
    unexpectedCount: 0,
    unexpected: "",
    duplicatedCount: 0,
    duplicated: "",
    unreadCount: 0,
    failures: [],
  };
}

function sentence(found: {
  readonly lost: readonly unknown[];
  readonly unexpected: readonly unknown[];
  readonly duplicated: readonly unknown[];
  readonly unreadCount: number;
  readonly okCount: number;
}): string {
  const { lost, unexpected, duplicated, unreadCount, okCount } = found;
  const parts: string[] = [];
  if (lost.length > 0) parts.push(`${countOf(lost.length, "acknowledged element")} lost: ${nameElements(lost)}.`);
  if (unexpected.length > 0) {
    parts.push(`${countOf(unexpected.length, "element")} that should not be there: ${nameElements(unexpected)}.`);
  }
  if (duplicated.length > 0) {
    parts.push(`${countOf(duplicated.length, "element")} more than once: ${nameElements(duplicated)}.`);
  }
  if (unreadCount > 0) {
    parts.push(
      `${countOf(unreadCount, "element")} acknowledged after the last read had begun: a final read is missing.`,
    );
  }
  return parts.length > 0
    ? parts.join(" ")
    : `The final read holds ${countOf(okCount, "element")}, and none is missing.`;
}
