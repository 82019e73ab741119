import { expect, test } from "vitest";
import { faultsAround, faultsOfRun } from "../../reports/fault-spans.ts";
import type { ReportInput } from "../../reports/report-input.ts";
import { operations } from "../../src/history/pairs.ts";
import { brokenUndoRun, crashedRun, unknownRun, validRun } from "./sample-runs.ts";

function faultsOf(input: ReportInput) {
  const endNs = input.history.at(-1)?.time ?? 0;
  return faultsOfRun(input, operations(input.history), endNs);
}

test("spans reach from the first moment a fault may be in force to the last", async () => {
  const { spans, skipped } = await faultsOf(validRun("/run"));
  expect(spans.map(({ fromNs, toNs, proven, label }) => [fromNs / 1e9, toNs / 1e9, proven, label])).toEqual([
    [5, 11.34, true, "partition n4 | n1 n2 n3 n5"],
    [17, 23.84, true, "partition n1 | n2 n3 n4 n5"],
  ]);
  expect(spans[0]?.title).toBe("partition n4 | n1 n2 n3 n5: from 5.000 s, for 6.34 s, proven");
  expect(skipped).toEqual([]);
});

test("a fault that was not proven is marked, one that was refused has its reason, neither is lost", async () => {
  const { spans, skipped, result } = await faultsOf(unknownRun("/run"));
  expect(spans).toMatchObject([{ proven: false, family: "partition" }]);
  expect(skipped).toMatchObject([{ op: { f: "start-partition" }, reason: /Nobody was primary/ }]);
  expect(result.families.partition?.valid).toBe("unknown");
});

test("a fault that was proven, but was not seen in force when it was undone, is not drawn as proven", async () => {
  const { spans } = await faultsOf(brokenUndoRun("/run"));
  expect(spans.map(({ proven }) => proven)).toEqual([false, false]);
  expect(spans[0]?.title).toMatch(/indeterminate$/);
});

test("an undo that had nothing to undo is not told as a fault that was skipped", async () => {
  const input = validRun("/run");
  const last = input.history.at(-1)!;
  const undo = { time: last.time, process: "nemesis:partition" as const, f: "stop-partition", value: null };
  const history = [
    ...input.history,
    { ...undo, index: last.index + 1, type: "invoke" as const },
    { ...undo, index: last.index + 2, type: "fail" as const, error: { code: "skipped" } },
  ];
  expect((await faultsOf({ ...input, history })).skipped).toEqual([]);
});

test("a fault that nothing undid lasts until the end of the history", async () => {
  const input = validRun("/run");
  const history = input.history.filter(({ time }) => time < 9e9);
  const { spans } = await faultsOf({ ...input, history });
  expect(spans).toHaveLength(1);
  expect(spans[0]?.toNs).toBe(history.at(-1)?.time);
  expect(spans[0]?.title).toMatch(/never undone/);
});

test("no fault, no span", async () => {
  expect((await faultsOf(crashedRun("/run"))).spans).toEqual([]);
});

test("tells which faults were in force, or when the nearest ones were", async () => {
  const { spans } = await faultsOf(validRun("/run"));
  const around = (from: number, to: number) => faultsAround({ spans }, from * 1e9, to * 1e9);
  expect(around(1, 2)).toBe("This was before the first fault: partition n4 | n1 n2 n3 n5 came at 5.000 s.");
  expect(around(11, 12)).toBe(`In force meanwhile: ${spans[0]?.title}.`);
  expect(around(11, 18)).toBe(`In force meanwhile: ${spans[0]?.title}; ${spans[1]?.title}.`);
  expect(around(12, 13)).toMatch(
    /^No fault was in force then\. The last one, partition n4 .* had ended at 11\.340 s\.$/,
  );
  expect(faultsAround({ spans: [] }, 0, 1)).toBe("No fault was in force during the whole run.");
});
