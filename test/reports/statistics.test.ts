import { expect, test } from "vitest";
import { errorKindsOf, statisticsOf } from "../../reports/statistics.ts";
import type { OpError, OpType, Process } from "../../src/history/op.ts";
import { type Operation, operations } from "../../src/history/pairs.ts";
import { indexed } from "./simulation.ts";

function operation(
  process: Process,
  f: string,
  ms: number,
  type?: Exclude<OpType, "invoke">,
  error?: OpError,
): Operation[] {
  const invoke = { time: 0, type: "invoke" as const, process, f, value: null, node: `n${String(process)}` };
  const end = type && { ...invoke, time: ms * 1e6, type, ...(error && { error }) };
  return operations(indexed(end ? [invoke, end] : [invoke]));
}

const timeout = { code: "timeout", message: "No answer." };
const all = [
  ...operation(1, "read", 1, "ok"),
  ...operation(2, "read", 3, "ok"),
  ...operation(3, "read", 9, "fail", { code: "no-leader" }),
  ...operation(4, "write", 1000, "info", timeout),
  ...operation(5, "write", 1000, "info", timeout),
  ...operation(6, "write", 0),
  ...operation("nemesis:partition", "start-partition", 5, "fail", { code: "skipped" }),
];

test("counts clients' operations by kind; what never ended counts as info, faults do not count", () => {
  const statistics = statisticsOf(all);
  expect(statistics.all).toMatchObject({ total: 6, ok: 2, fail: 1, info: 3 });
  expect([...statistics.byF.keys()]).toEqual(["read", "write"]);
  expect(statistics.byF.get("read")?.latency).toMatchObject({ "0": 1e6, "0.5": 3e6, "1": 3e6 });
  expect(statistics.byF.get("write")).toEqual({ total: 3, ok: 0, fail: 0, info: 3 });
});

test("groups errors by kind, the most frequent first, with an example and its nodes", () => {
  expect(errorKindsOf(all)).toEqual([
    { code: "timeout", f: "write", type: "info", count: 2, message: "No answer.", firstIndex: 1, nodes: ["n4", "n5"] },
    { code: "no-leader", f: "read", type: "fail", count: 1, firstIndex: 1, nodes: ["n3"] },
  ]);
});
