import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ThreadTable } from "../../src/generator/thread-table.ts";
import type { Thread } from "../../src/test.ts";
import { countsOf } from "./rows.ts";

const table = (concurrency: number, seed = 1) => new ThreadTable(concurrency, ["nemesis:a", "nemesis:b"], seed);
const isClient = (thread: Thread) => typeof thread === "number";

describe("a context", () => {
  test("knows its threads, clients first", () => {
    const context = table(2).context(7);
    expect(context.time).toBe(7);
    expect(context.threads()).toEqual([0, 1, "nemesis:a", "nemesis:b"]);
    expect([context.threadCount, context.freeCount]).toEqual([4, 4]);
  });

  test("agrees with a plain model of who is free, whatever happens", () => {
    const threads: Thread[] = [...Array.from({ length: 70 }, (_, i) => i), "nemesis:a", "nemesis:b"];
    const change = fc.record({ thread: fc.constantFrom(...threads), busy: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 150 }), fc.integer({ min: 1, max: 7 }), (changes, modulus) => {
        const real = table(70);
        const free = new Set(threads);
        for (const { thread, busy } of changes) {
          if (busy) real.occupy(thread);
          else real.release(thread);
          if (busy) free.delete(thread);
          else free.add(thread);
        }
        const some = (thread: Thread) => typeof thread === "number" && thread % modulus === 0;
        for (const [context, belongs] of [
          [real.context(0), () => true],
          [real.context(0).restrict(isClient), isClient],
          [real.context(0).restrict(isClient).restrict(some), some],
        ] as const) {
          const expected = threads.filter((thread) => belongs(thread) && free.has(thread));
          expect(context.threads()).toEqual(threads.filter(belongs));
          expect(context.freeThreads()).toEqual(expected);
          expect(context.freeCount).toBe(expected.length);
          expect(threads.filter((thread) => context.isFree(thread))).toEqual(expected);
          const process = context.someFreeProcess();
          expect(process === undefined ? 0 : 1).toBe(Math.min(1, expected.length));
          if (process !== undefined) expect(expected).toContain(process);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("chooses among free processes fairly", () => {
    const real = table(40);
    for (let thread = 0; thread < 40; thread += 2) real.occupy(thread);
    const chosen = Array.from({ length: 6_600 }, () => {
      const process = real.context(0).someFreeProcess();
      real.countEmitted(0); // the next ask is for the next operation
      return process;
    });
    const counts = countsOf(chosen);
    expect(counts.size).toBe(22);
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(220);
      expect(count).toBeLessThan(380);
    }
  });

  test("does not know threads outside it", () => {
    const clients = table(2).context(0).restrict(isClient);
    expect(clients.threadOf("nemesis:a")).toBeUndefined();
    expect(clients.isFree("nemesis:a")).toBe(false);
    expect(clients.threadOf(5)).toBeUndefined();
    expect(clients.isFree(-1)).toBe(false);
  });
});

describe("processes", () => {
  test("a client thread is a new process after each crash, a lane never", () => {
    const real = table(3);
    const { context } = { context: () => real.context(0) };
    real.renumber(1);
    real.renumber(1);
    real.renumber("nemesis:a");
    expect(
      context()
        .threads()
        .map((thread) => context().processOf(thread)),
    ).toEqual([0, 7, 2, "nemesis:a", "nemesis:b"]);
    expect(context().threadOf(7)).toBe(1);
    expect(context().threadOf(4)).toBeUndefined(); // it was, and is no more
  });
});

describe("random numbers", () => {
  const draw = (real: ThreadTable, restrict?: (thread: Thread) => boolean) => {
    const context = real.context(0);
    return (restrict ? context.restrict(restrict) : context).random.int(1e9);
  };
  const laneA = (thread: Thread) => thread === "nemesis:a";
  const laneB = (thread: Thread) => thread === "nemesis:b";

  test("are the same for the same operation, and others for the next", () => {
    const real = table(2);
    const first = draw(real, isClient);
    expect(draw(real, isClient)).toBe(first);
    real.countEmitted(1);
    expect(draw(real, isClient)).not.toBe(first);
    expect(draw(table(2), isClient)).toBe(first);
    expect(draw(table(2, 2), isClient)).not.toBe(first);
  });

  test("of clients and of every lane are independent", () => {
    const real = table(2);
    const before = [draw(real, isClient), draw(real, laneA), draw(real, laneB)];
    expect(new Set(before).size).toBe(3);
    real.countEmitted("nemesis:a");
    const after = [draw(real, isClient), draw(real, laneA), draw(real, laneB)];
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(after[2]).toBe(before[2]);
  });

  test("of a context with clients and lanes are others after every operation", () => {
    const real = table(2);
    const first = draw(real);
    real.countEmitted("nemesis:b");
    const second = draw(real);
    real.countEmitted(0);
    expect(new Set([first, second, draw(real)]).size).toBe(3);
  });

  test("of a lane do not depend on which other lanes there are", () => {
    const alone = new ThreadTable(2, ["nemesis:b"], 1);
    expect(draw(alone, laneB)).toBe(draw(table(2), laneB));
  });

  test("go on within an ask, also through restrictions, and differ between branches", () => {
    const context = table(2).context(0);
    const first = context.random.int(1e9);
    expect(context.restrict(isClient).random.int(1e9)).not.toBe(first);
    const [one, other] = [context.fork({ salt: 5 }, 0), context.fork({ salt: 5 }, 1)];
    expect(one.random.int(1e9)).not.toBe(other.random.int(1e9));
    expect(context.fork({ salt: 5 }, 0).random.int(1e9)).toBe(table(2).context(0).fork({ salt: 5 }, 0).random.int(1e9));
  });

  test("do not depend on how many threads are free", () => {
    const values = [0, 1, 2].map((busy) => {
      const real = table(4);
      for (let thread = 0; thread < busy; thread++) real.occupy(thread);
      const context = real.context(0).restrict(isClient);
      context.someFreeProcess();
      return context.random.int(1e9);
    });
    expect(new Set(values).size).toBe(1);
  });
});
