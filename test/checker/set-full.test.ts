import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SetFullResult, setFullChecker } from "../../src/checker/set-full.ts";
import type { History } from "../../src/history/op.ts";
import { operations } from "../../src/history/pairs.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { run } from "./run-checker.ts";

const A: Row = [0, "invoke", "add", 0];
const Aok: Row = [0, "ok", "add", 0];
const Ainfo: Row = [0, "info", "add", 0];
const R: Row = [1, "invoke", "read"];
const saw = (...elements: unknown[]): Row => [1, "ok", "read", elements];
const R2: Row = [2, "invoke", "read"];
const saw2 = (...elements: unknown[]): Row => [2, "ok", "read", elements];

async function check(rows: readonly Row[], linearizable = false): Promise<SetFullResult> {
  return (await run(setFullChecker({ linearizable }), historyOf(...rows))) as SetFullResult;
}

describe("the set-full checker", () => {
  it("names the operations of a lost element, from the first read that lacks it, and of a stale one", async () => {
    const lost = await check([A, Aok, R, saw(0), R, saw(), R, saw()]);
    expect(lost.failures.map(({ contradiction }) => contradiction.indexes)).toEqual([[0, 1, 4, 5]]);
    expect(lost.failures[0]?.contradiction.sentence).toMatch(/^0 was acknowledged, and every read from this one on/);
    const stale = [A, Aok, R, saw(), R, saw(0)];
    expect((await check(stale, true)).failures).toMatchObject([{ contradiction: { indexes: [0, 1, 2, 3] } }]);
    expect((await check(stale, false)).failures).toEqual([]);
  });

  it.each<[string, Row[]]>([
    ["nothing was read", [A, Aok]],
    ["the only read was before it was known, and did not see it", [A, R, saw(), Aok]],
    ["the add is of unknown outcome and never seen", [A, Ainfo, R, saw()]],
    ["two reads at the same time disagree", [A, R, R2, saw(0), saw2(), Aok]],
  ])("does not know when %s", async (_name, rows) => {
    expect(await check(rows)).toMatchObject({ valid: "unknown", neverReadCount: 1, lostCount: 0, stableCount: 0 });
  });

  it.each<[string, Row[]]>([
    ["acknowledged and then read", [A, Aok, R, saw(0)]],
    ["read while it was added", [A, R, saw(0), Aok]],
    ["recovered", [A, Ainfo, R, saw(0)]],
    ["absent at first, while it was added", [A, R, saw(), Aok, R, saw(0)]],
  ])("is valid for an element that was %s", async (_name, rows) => {
    const expected = { valid: true, attemptCount: 1, stableCount: 1, staleCount: 0, stableLatenciesMs: { "1": 0 } };
    expect(await check(rows, true)).toMatchObject(expected);
  });

  it("is false for an acknowledged element that is never seen", async () => {
    const result = await check([A, Aok, R, saw()]);
    expect(result).toMatchObject({ valid: false, lostCount: 1, lost: "0", lostLatenciesMs: { "0.5": 0 } });
  });

  it("is false for an element that goes away, and says how long it lived", async () => {
    const result = await check([A, R, saw(0), Aok, R, saw(0), R, saw()]);
    // Known at 2 ms (the first read that saw it), last seen by the read begun at 4 ms.
    expect(result).toMatchObject({ valid: false, lost: "0", lostLatenciesMs: { "1": 2 } });
  });

  it("is false for an unacknowledged element that was seen and goes away", async () => {
    expect((await check([A, Ainfo, R, saw(0), R, saw()])).valid).toBe(false);
  });

  it("allows stale reads, and forbids them where reads must be linearizable", async () => {
    const rows = [A, Aok, R, saw(), R, saw(0)];
    const stale = {
      staleCount: 1,
      stale: "0",
      worstStale: [{ element: 0, stableLatencyMs: 1, knownIndex: 1, lastAbsentIndex: 2 }],
    };
    expect(await check(rows)).toMatchObject({ valid: true, stableLatenciesMs: { "1": 1 }, ...stale });
    expect(await check(rows, true)).toMatchObject({ valid: false, ...stale });
  });

  it("reports duplicates", async () => {
    const result = await check([A, Aok, R, saw(0, 0), R, saw(0, 0, 0), R, saw(0)]);
    expect(result).toMatchObject({
      valid: false,
      duplicatedCount: 1,
      duplicated: [{ element: 0, count: 3 }],
      stableCount: 1,
    });
  });

  it.each<[string, Row[]]>([
    ["nobody added", [R, saw(9)]],
    ["was added only later", [R, saw(9), [0, "invoke", "add", 9]]],
    ["no add brought", [[0, "invoke", "add", 9], [0, "fail", "add", 9], R, saw(9)]],
  ])("is false for an element that %s", async (_name, rows) => {
    expect(await check([A, Aok, ...rows, R, saw(0)])).toMatchObject({ valid: false, unexpected: "9" });
  });

  it("names the eight worst stale elements", async () => {
    const rows: Row[] = [];
    for (let i = 0; i < 12; i++) rows.push([0, "invoke", "add", i], [0, "ok", "add", i]);
    rows.push(R, saw(), R, saw(...Array.from({ length: 12 }, (_, i) => i)));
    const { worstStale, staleCount } = await check(rows);
    expect(staleCount).toBe(12);
    expect(worstStale.map(({ element }) => element)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("agrees with looking at every element and every read, on any history", async () => {
    const events = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant("add" as const), element: fc.nat(2), process: fc.nat(1) }),
        fc.record({
          kind: fc.constant("read" as const),
          elements: fc.subarray([0, 1, 2]),
          process: fc.integer({ min: 2, max: 4 }),
        }),
      ),
      { minLength: 8, maxLength: 30, size: "max" },
    );
    const seen = { lost: 0, stable: 0, neverRead: 0, stale: 0 };
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.array(fc.constantFrom("ok", "info", "fail"), { minLength: 30, maxLength: 30 }),
        async (all, ends) => {
          const open = new Map<number, Row>();
          const rows = all.map((event, i): Row => {
            const begun = open.get(event.process);
            if (begun === undefined) {
              const row: Row = [event.process, "invoke", event.kind, event.kind === "add" ? event.element : null];
              open.set(event.process, row);
              return row;
            }
            open.delete(event.process);
            const type = event.kind === "read" ? "ok" : (ends[i] as "ok");
            return [event.process, type, begun[2], event.kind === "read" ? event.elements : begun[3]];
          });
          const history = historyOf(...rows);
          const result = await check(rows);
          const expected = naive(history);
          expect({
            lost: result.lostCount,
            stable: result.stableCount,
            neverRead: result.neverReadCount,
            stale: result.staleCount,
          }).toEqual(expected);
          for (const outcome of Object.keys(seen) as (keyof typeof seen)[]) seen[outcome] += expected[outcome];
        },
      ),
      { numRuns: 2000 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
  });
});

/** Every element against every read. */
function naive(history: History) {
  const all = operations(history);
  const counts = { lost: 0, stable: 0, neverRead: 0, stale: 0 };
  const adds = all.filter(({ invoke }) => invoke.f === "add");
  for (const element of new Set(adds.map(({ invoke }) => invoke.value))) {
    const own = adds.filter(({ invoke }) => invoke.value === element);
    const mayExist = own.some(({ completion }) => completion?.type !== "fail");
    const from = Math.min(...own.map(({ invoke }) => invoke.index));
    const reads = all.flatMap(({ invoke, completion }) =>
      invoke.f === "read" && completion?.type === "ok"
        ? [{ begin: invoke.index, end: completion.index, elements: completion.value as unknown[] }]
        : [],
    );
    const present = reads.filter(({ end, elements }) => elements.includes(element) && mayExist && from <= end);
    const absent = reads.filter(({ elements }) => !elements.includes(element));
    const known = Math.min(
      ...own.flatMap(({ completion }) => (completion?.type === "ok" ? [completion.index] : [])),
      ...present.map(({ end }) => end),
    );
    const lastPresent = Math.max(-1, ...present.map(({ begin }) => begin));
    const lastAbsent = Math.max(-1, ...absent.map(({ begin }) => begin));
    if (lastPresent > lastAbsent) {
      counts.stable++;
      if (lastAbsent > known) counts.stale++;
    } else if (known < lastAbsent) counts.lost++;
    else counts.neverRead++;
  }
  return counts;
}
