/** Counts, latency quantiles and kinds of errors, over the operations of clients. */

import { type Quantiles, quantiles } from "../src/checker/quantiles.ts";
import { isClientOp, type OpType } from "../src/history/op.ts";
import type { Operation } from "../src/history/pairs.ts";

/** How the operations of one kind ended. */
export interface OperationCounts {
  readonly total: number;
  readonly ok: number;
  readonly fail: number;
  /** Indeterminate, those that never completed included. */
  readonly info: number;
  /** Latencies of the ok ones in nanoseconds; absent when there are none. */
  readonly latency?: Quantiles;
}

/** Counts by `f`, in the order of first use, and over all. */
export interface Statistics {
  readonly all: OperationCounts;
  readonly byF: ReadonlyMap<string, OperationCounts>;
}

/** Completions that went wrong in the same way. */
export interface ErrorKind {
  readonly code: string;
  readonly f: string;
  readonly type: OpType;
  readonly count: number;
  /** The message of the first one, if it has one. */
  readonly message?: string;
  /** Index of the first one's completion. */
  readonly firstIndex: number;
  readonly nodes: readonly string[];
}

/** How an operation ended: an invocation without completion is indeterminate. */
export function outcomeOf({ completion }: Operation): "ok" | "fail" | "info" {
  return completion === undefined || completion.type === "invoke" ? "info" : completion.type;
}

/** Nanoseconds from invocation to completion; undefined when it never completed. */
export function latencyOf({ invoke, completion }: Operation): number | undefined {
  return completion === undefined ? undefined : completion.time - invoke.time;
}

function countsOf(operations: readonly Operation[]): OperationCounts {
  const counts = { ok: 0, fail: 0, info: 0 };
  const latencies: number[] = [];
  for (const operation of operations) {
    const outcome = outcomeOf(operation);
    counts[outcome]++;
    if (outcome === "ok") latencies.push(latencyOf(operation) as number);
  }
  const latency = quantiles(latencies);
  return { total: operations.length, ...counts, ...(latency && { latency }) };
}

function grouped<K, V>(items: readonly V[], keyOf: (item: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Counts the operations of clients; those of nemeses are no part of it. */
export function statisticsOf(operations: readonly Operation[]): Statistics {
  const clients = operations.filter(({ invoke }) => isClientOp(invoke));
  const byF = new Map<string, OperationCounts>();
  for (const [f, group] of grouped(clients, ({ invoke }) => invoke.f)) byF.set(f, countsOf(group));
  return { all: countsOf(clients), byF };
}

/** Kinds of client errors, the most frequent first. */
export function errorKindsOf(operations: readonly Operation[]): ErrorKind[] {
  const failed = operations.filter(({ invoke, completion }) => isClientOp(invoke) && completion?.error !== undefined);
  const kinds = grouped(failed, ({ invoke, completion }) =>
    JSON.stringify([invoke.f, completion?.type, completion?.error?.code]),
  );
  const out = [...kinds.values()].map((group): ErrorKind => {
    const { invoke, completion } = group[0] as Required<Operation>;
    const message = completion.error?.message;
    const nodes = new Set(group.flatMap((one) => one.completion?.node ?? one.invoke.node ?? []));
    return {
      code: completion.error?.code ?? "unknown",
      f: invoke.f,
      type: completion.type,
      count: group.length,
      ...(message !== undefined && { message }),
      firstIndex: completion.index,
      nodes: [...nodes].sort(),
    };
  });
  return out.sort((a, b) => b.count - a.count || a.firstIndex - b.firstIndex);
}
