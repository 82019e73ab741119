import { describe, expect, it } from "vitest";
import { clockFamily } from "../../../nemesis/clock/clock.ts";
import type { FaultContext } from "../../../nemesis/family.ts";
import { ask } from "../../../src/generator/index.ts";
import { randomStream } from "../../../src/random.ts";
import type { Db, GeneratorContext, GeneratorLike, PlannedOp } from "../../../src/test.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];
const db = { setup: async () => undefined, teardown: async () => undefined, roles: ["db"], processes: async () => [] };
const contextOf = (options: Record<string, unknown> = {}): FaultContext => ({
  nodes: NODES,
  db: db as Db,
  options,
  intervalMs: 10_000,
});

/** The operations that a lane which is always free is given, in virtual time. */
function operationsOf(generator: GeneratorLike, count: number): readonly PlannedOp[] {
  const test = { nodes: NODES, concurrency: 1, options: {} };
  const found: PlannedOp[] = [];
  let rest: GeneratorLike = generator;
  let time = 0;
  for (let asked = 0; found.length < count && asked < 100_000; asked++) {
    const context = {
      time,
      random: randomStream(7, asked),
      threadCount: 1,
      freeCount: 1,
      isFree: () => true,
      threads: () => ["nemesis:clock"],
      freeThreads: () => ["nemesis:clock"],
      someFreeProcess: () => "nemesis:clock",
      processOf: (thread: string) => thread,
      threadOf: (process: string) => process,
    } as unknown as GeneratorContext;
    const step = ask(rest, test, context);
    if (step === undefined) break;
    rest = step.next;
    if (step.op === "pending") time += 1e8;
    else {
      time = Math.max(time, step.op.time);
      found.push(step.op);
    }
  }
  return found;
}

describe("clockFamily", () => {
  it("needs a database that lists its processes", () => {
    expect(clockFamily.cannot({ ...contextOf(), db: undefined })).toMatch(/lists its processes/);
    expect(clockFamily.cannot(contextOf())).toBeUndefined();
  });

  it("says which flags it does not understand", () => {
    expect(
      clockFamily.cannot(contextOf({ clock: ["bump", "drift"], clockTargets: ["minority", "n1+n2"] })),
    ).toBeUndefined();
    expect(clockFamily.cannot(contextOf({ clock: ["leap"] }))).toBe('--clock takes bump, strobe, drift, not "leap".');
    expect(clockFamily.cannot(contextOf({ clockTargets: ["n9"] }))).toMatch(/--clock-targets takes/);
    expect(clockFamily.cannot(contextOf({ clockTargets: ["primaries"] }))).toMatch(/drawn beforehand/);
  });

  it("has a band for every operation that does something", () => {
    const family = clockFamily.make(contextOf());
    const named = new Set(family.bands.flatMap((band) => [...band.start, ...band.stop]));
    expect(new Set([...named, "check-clock-offsets"])).toEqual(family.nemesis.fs);
  });

  it("begins with a lasting fault and resets every third time", () => {
    const operations = operationsOf(clockFamily.make(contextOf()).generator, 30);
    expect(operations).toHaveLength(30);
    operations.forEach(({ f }, i) => {
      if (i % 3 === 0) expect(["bump-clock", "drift-clock"]).toContain(f);
      else if (i % 3 === 2) expect(f).toBe("reset-clock");
    });
    expect(new Set(operations.map(({ f }) => f)).size).toBe(4);
    const gaps = operations.slice(1).map(({ time }, i) => (time - (operations[i]?.time ?? 0)) / 1e9);
    expect(Math.min(...gaps)).toBeGreaterThan(5);
    expect(Math.max(...gaps)).toBeLessThan(15);
  });

  it("does what its flags say", () => {
    const only = clockFamily.make(contextOf({ clock: ["strobe"], clockTargets: ["one"] }));
    for (const { f, value } of operationsOf(only.generator, 12)) {
      if (f === "reset-clock") continue;
      expect(f).toBe("strobe-clock");
      expect(Object.keys(value as object)).toHaveLength(1);
      for (const { durationMs } of Object.values(value as Record<string, { durationMs: number }>)) {
        expect(durationMs).toBeLessThanOrEqual(10_000);
      }
    }
  });
});
