import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  any,
  cache,
  clients,
  concat,
  concurrencyLimit,
  cycle,
  cycleTimes,
  delay,
  eachProcess,
  eachThread,
  filter,
  flipFlop,
  limit,
  map,
  mix,
  nemesis,
  phases,
  processLimit,
  repeat,
  reserve,
  type SimulatedClient,
  shortestAny,
  simulate,
  spaced,
  stagger,
  synchronize,
  timeLimit,
  untilOk,
  validate,
} from "../../src/generator/index.ts";
import type { GeneratorLike, Op, Process } from "../../src/test.ts";
import { threadOf } from "./rows.ts";

/** Generators of many shapes that end: every endless part is bounded. */
const { tree: generators } = fc.letrec<{ tree: GeneratorLike; leaf: GeneratorLike }>((tie) => {
  const tree = tie("tree");
  const seconds = fc.constantFrom(0, 1e-9, 7e-9, 40e-9);
  return {
    leaf: fc.oneof(
      fc.constant<GeneratorLike>(undefined),
      fc.nat(99).map((value): GeneratorLike => ({ f: "write", value })),
      fc
        .nat(6)
        .map(
          (count): GeneratorLike => limit(count, (_test, { random }) => ({ f: "random", value: random.int(1_000) })),
        ),
      fc.nat(6).map((count): GeneratorLike => repeat(count, { f: "read" })),
    ),
    tree: fc.oneof(
      { maxDepth: 4, depthIdentifier: "tree" },
      tie("leaf"),
      fc.array(tree, { maxLength: 3 }),
      fc.array(tree, { maxLength: 3 }).map((all) => concat(...all)),
      fc.array(tree, { maxLength: 3 }).map((all) => any(...all)),
      fc.array(tree, { minLength: 1, maxLength: 3 }).map((all) => shortestAny(...all)),
      fc.array(tree, { maxLength: 3 }).map((all) => mix(all.map((each, i) => [each, i + 1] as const))),
      fc.array(tree, { maxLength: 3 }).map((all) => phases(...all)),
      fc.tuple(tree, tree).map(([a, b]) => flipFlop(a, b)),
      fc.tuple(tree, tree).map(([a, b]) => clients(reserve([[1, a]], b))),
      fc.tuple(tree, tree).map(([a, b]) =>
        limit(
          20,
          cycleTimes([
            [20e-9, a],
            [15e-9, b],
          ]),
        ),
      ),
      fc.tuple(seconds, tree).map(([s, g]) => stagger(s, g)),
      fc.tuple(seconds, tree).map(([s, g]) => delay(s, g)),
      fc.tuple(seconds, tree).map(([s, g]) => spaced(s, 0.5, g)),
      fc.tuple(seconds, tree).map(([s, g]) => timeLimit(s, g)),
      fc.tuple(seconds, tree).map(([s, g]) => cache(s, g)),
      fc.tuple(fc.nat(6), tree).map(([n, g]) => limit(n, g)),
      fc.tuple(fc.nat(3), tree).map(([n, g]) => cycle(n, g)),
      fc.tuple(fc.nat(12), tree).map(([n, g]) => processLimit(n, g)),
      fc.tuple(fc.integer({ min: 1, max: 4 }), tree).map(([n, g]) => concurrencyLimit(n, g)),
      tree.map((g) => filter(({ value }) => typeof value !== "number" || value % 3 !== 0, g)),
      tree.map((g) => map((op) => ({ ...op, f: `${op.f}!` }), g)),
      tree.map((g) => clients(g)),
      tree.map((g) => nemesis(g)),
      tree.map((g) => synchronize(g)),
      tree.map((g) => untilOk(g)),
      tree.map((g) => eachThread(g)),
      tree.map((g) => limit(30, eachProcess(g))),
    ),
  };
});

const CONCURRENCY = 4;

const flaky: SimulatedClient = (_op, { random }) => ({
  type: random.weighted([
    ["ok", 6],
    ["info", 2],
    ["fail", 2],
  ] as const),
  latencyNs: random.int(60),
});

function run(generator: GeneratorLike, seed: number): readonly Op[] {
  try {
    return simulate(generator, { concurrency: CONCURRENCY, lanes: ["kill"], seed, client: flaky }).history;
  } catch (error) {
    // some wait for what cannot come, some reserve more threads than there are: no matter here, as long as they say so
    expect((error as Error).message).toMatch(/makes no progress|reserve wants/);
    return [];
  }
}

test("the laws hold for generators of every shape", () => {
  let operations = 0;
  fc.assert(
    fc.property(generators, fc.integer(), (generator, seed) => {
      const history = run(generator, seed);
      operations += history.length / 2;
      const open = new Map<Process, Op>();
      const processes = new Map<Process, Process>();
      let time = 0;
      history.forEach((op, index) => {
        expect(op.index).toBe(index);
        expect(Number.isInteger(op.time)).toBe(true);
        expect(op.time).toBeGreaterThanOrEqual(time); // time never goes back
        time = op.time;
        const thread = threadOf(op.process, CONCURRENCY);
        if (op.type === "invoke") {
          expect(open.has(thread)).toBe(false); // no operation for a busy process
          expect(op.process).toBe(processes.get(thread) ?? thread); // nor for one that has crashed
          open.set(thread, op);
          return;
        }
        expect(open.get(thread)).toMatchObject({ process: op.process, f: op.f, type: "invoke" });
        open.delete(thread);
        if (op.type === "info" && typeof op.process === "number") processes.set(thread, op.process + CONCURRENCY);
      });
      expect(open.size).toBe(0);
    }),
    { numRuns: 400 },
  );
  expect(operations).toBeGreaterThan(300); // it tested something
});

test("the same seed gives the same history to the byte", () => {
  fc.assert(
    fc.property(generators, fc.integer(), (generator, seed) => {
      expect(JSON.stringify(run(generator, seed))).toBe(JSON.stringify(run(generator, seed)));
    }),
    { numRuns: 150 },
  );
});

test("every combinator answers by the rules that validate checks", () => {
  fc.assert(
    fc.property(generators, fc.integer(), (generator, seed) => {
      expect(run(validate(generator), seed)).toEqual(run(generator, seed));
    }),
    { numRuns: 150 },
  );
});

test("limit holds whatever is inside", () => {
  fc.assert(
    fc.property(generators, fc.nat(8), fc.integer(), (generator, count, seed) => {
      expect(run(limit(count, generator), seed).length / 2).toBeLessThanOrEqual(count);
    }),
    { numRuns: 150 },
  );
});
