import { describe, expect, test } from "vitest";
import { openOperations } from "../../reports/page/operations.ts";
import { callText } from "../../reports/page/texts.ts";
import { packPage } from "../../reports/page-data.ts";
import type { Op } from "../../src/history/op.ts";
import { type Operation, operations } from "../../src/history/pairs.ts";
import { randomStream } from "../../src/random.ts";
import { HOSTILE } from "./hostile-run.ts";
import { crashedRun } from "./sample-runs.ts";
import { simulate } from "./simulation.ts";

function packed(history: readonly Op[], concurrency: number, at?: Operation) {
  const all = operations(history);
  const endNs = history.at(-1)?.time ?? 0;
  const found = at && {
    checker: "c",
    sentence: "s",
    parts: [{ operation: at, ends: true }],
    kind: "minimal" as const,
    states: [],
  };
  const page = packPage(all, concurrency, [], found, endNs);
  return { all, page, read: openOperations(page.data, (chunk) => page.chunks[chunk] ?? "") };
}

describe("packPage", () => {
  test("gives the page every operation back, in order and to the microsecond", async () => {
    const { history, record } = crashedRun("/run");
    const { all, page, read } = packed(history, record.concurrency);
    const { operations: back, missing } = await read.between(0, page.data.until);
    expect(missing).toBe(false);
    expect(page.data.leftOut).toBe(0);
    expect(back.length).toBe(all.length);
    for (const [at, { invoke, completion }] of all.entries()) {
      const one = back[at]!;
      expect(one).toMatchObject({
        index: invoke.index,
        end: completion?.index ?? -1,
        process: invoke.process,
        f: invoke.f,
        outcome: completion?.type ?? "open",
        key: String(invoke.key),
        node: invoke.node,
      });
      expect(one.from).toBe(Math.round(invoke.time / 1000));
      expect(one.to).toBe(Math.round((completion?.time ?? history.at(-1)!.time) / 1000));
      expect(page.data.lanes[one.lane]).toEqual({
        label: `${(invoke.process as number) % record.concurrency} · ${invoke.node}`,
        nemesis: false,
      });
    }
  });

  test("finds operations by either of their indexes, and those in progress at a time", async () => {
    const history = simulate({ seed: 3, seconds: 6, concurrency: 10, paceMs: 9, cuts: [], keys: true });
    const { all, page, read } = packed(history, 10);
    expect(page.chunks.length).toBeGreaterThan(2);
    for (const { invoke, completion } of all.filter((_, at) => at % 97 === 0)) {
      expect((await read.at(invoke.index))?.index).toBe(invoke.index);
      expect((await read.at(completion!.index))?.index).toBe(invoke.index);
    }
    expect(await read.at(history.length)).toBeUndefined();
    const moment = 3e6;
    const there = all.filter((one) => one.invoke.time <= moment * 1000 && one.completion!.time >= moment * 1000);
    const { operations: back } = await read.between(moment, moment);
    expect(back.map(({ index }) => index)).toEqual(there.map(({ invoke }) => invoke.index));
  });

  test("leaves out what is farthest from the contradiction when there is too much, and says how much", async () => {
    const random = randomStream(5, "noise");
    const noise = () => Array.from({ length: 24 }, () => random.int(2 ** 31).toString(36)).join("");
    const history = Array.from(
      { length: 60_000 },
      (_, index): Op => ({
        index,
        time: index * 1e6,
        type: index % 2 === 0 ? "invoke" : "ok",
        process: 0,
        f: "write",
        value: index % 2 === 0 ? noise() : null,
      }),
    );
    const middle = operations(history)[15_000]!;
    const { page, read } = packed(history, 1, middle);
    const chars = page.chunks.reduce((sum, text) => sum + text.length, 0);
    expect(chars).toBeLessThan(2_300_000);
    expect(chars).toBeGreaterThan(1_500_000);
    const here = page.data.chunks.map((chunk) => chunk.here);
    expect(here.indexOf(true)).toBeGreaterThan(0);
    expect(here.lastIndexOf(true)).toBeLessThan(here.length - 1);
    expect(page.data.leftOut).toBe(page.data.chunks.reduce((sum, chunk) => sum + (chunk.here ? 0 : chunk.count), 0));
    expect((await read.at(middle.invoke.index))?.index).toBe(middle.invoke.index);
    expect(await read.between(0, 1000)).toEqual({ operations: [], missing: true });
    expect(await read.at(0)).toBeUndefined();
  });

  test("focuses on the contradiction, with something around it", () => {
    const history = simulate({ seed: 3, seconds: 2, concurrency: 5, paceMs: 20, cuts: [], keys: true });
    const one = operations(history)[100]!;
    const { focus } = packed(history, 5, one).page.data;
    expect(focus.indexes).toEqual([one.invoke.index]);
    expect(focus.from).toBeLessThan(one.invoke.time / 1000);
    expect(focus.to).toBeGreaterThan(one.completion!.time / 1000);
  });

  test("packs an empty history as nothing", () => {
    expect(packed([], 5).page).toMatchObject({ data: { total: 0, chunks: [] }, chunks: [] });
  });

  test("carries hostile text as text", async () => {
    const history = HOSTILE.map(
      (text, index): Op => ({ index, time: index, type: "invoke", process: index, f: "f", value: text }),
    );
    const { read } = packed(history, 20);
    const { operations: back } = await read.between(0, 1e9);
    expect(callText(back[0]!)).toBe(`f ${JSON.stringify(HOSTILE[0])}`);
    expect(back).toHaveLength(HOSTILE.length);
  });
});
