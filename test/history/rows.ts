import type { History, Op, OpType, Process } from "../../src/history/op.ts";

/** One event in short: process, type, f, value, and whatever else it has. */
export type Row = readonly [process: Process, type: OpType, f: string, value?: unknown, rest?: Partial<Op>];

/** A history of rows, one millisecond apart unless a row has a time of its own. */
export function historyOf(...rows: readonly Row[]): History {
  return rows.map(([process, type, f, value, rest], index) => ({
    index,
    time: index * 1_000_000,
    type,
    process,
    f,
    value,
    ...rest,
  }));
}
