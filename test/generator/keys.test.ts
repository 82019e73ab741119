import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  clients,
  concurrentKeys,
  imperfect,
  limit,
  mix,
  naturals,
  repeat,
  sequentialKeys,
  simulate,
  synchronize,
  untilOk,
} from "../../src/generator/index.ts";
import type { Key, Op } from "../../src/test.ts";
import { invocations, threadOf } from "./rows.ts";

const two = (key: Key) => [
  { f: "write", value: `${key}-1` },
  { f: "write", value: `${key}-2` },
];

describe("sequentialKeys", () => {
  test("works on one key after the other", () => {
    const ops = invocations(clients(sequentialKeys(["a", "b"], two)), { concurrency: 1 });
    expect(ops.map(({ key, value }) => [key, value])).toEqual([
      ["a", "a-1"],
      ["a", "a-2"],
      ["b", "b-1"],
      ["b", "b-2"],
    ]);
  });

  test("takes as many keys as it needs of an endless list, and skips those with nothing to do", () => {
    const made: Key[] = [];
    const generator = sequentialKeys(naturals(), (key) => {
      made.push(key);
      return key === 1 ? undefined : two(key);
    });
    expect(invocations(limit(5, generator)).map(({ key }) => key)).toEqual([0, 0, 2, 2, 3]);
    expect(made).toEqual([0, 1, 2, 3]);
  });

  test("a generator hears the events of its own key only", () => {
    const generator = clients(sequentialKeys(["a", "b"], () => untilOk(limit(5, repeat({ f: "ping" })))));
    expect(invocations(generator, { concurrency: 1 }).map(({ key }) => key)).toEqual(["a", "b"]);
  });

  test("an endless list of keys with nothing to do is an error", () => {
    expect(() => simulate(sequentialKeys(naturals(), () => []))).toThrow(/keys in a row had nothing to do/);
  });
});

describe("concurrentKeys", () => {
  const groupsOf = (ops: readonly Op[], concurrency: number, size: number) => {
    const groups = new Map<Key, Set<number>>();
    for (const { key, process } of ops)
      groups.set(
        key as Key,
        (groups.get(key as Key) ?? new Set()).add(Math.floor((threadOf(process, concurrency) as number) / size)),
      );
    return groups;
  };

  test("one group of threads works on a key, and every key gets all its operations", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(12),
        fc.integer(),
        (size, groups, keys, seed) => {
          const concurrency = size * groups;
          const all = Array.from({ length: keys }, (_, i) => `k${i}`);
          const ops = invocations(
            concurrentKeys(size, all, () => limit(7, repeat({ f: "a" }))),
            { concurrency, seed, client: imperfect },
          );
          const used = groupsOf(ops, concurrency, size);
          expect([...used.keys()].toSorted()).toEqual(all.toSorted());
          for (const members of used.values()) expect(members.size).toBe(1);
          expect(ops).toHaveLength(7 * keys);
          expect(ops.every(({ process }) => typeof process === "number")).toBe(true);
        },
      ),
    );
  });

  test("groups work at the same time and take the keys in turn", () => {
    const generator = clients(
      limit(
        24,
        concurrentKeys(2, naturals(), () => limit(4, repeat({ f: "a" }))),
      ),
    );
    const ops = invocations(generator, { concurrency: 4 });
    expect([...new Set(ops.filter(({ time }) => time === 0).map(({ key }) => key))].toSorted()).toEqual([0, 1]);
    expect([...new Set(ops.map(({ key }) => key))]).toHaveLength(6);
    expect(Math.max(...ops.map(({ key }) => key as number))).toBe(5);
  });

  test("a key's generator sees its own group, and hears its own events", () => {
    const once = (key: Key) => [{ f: "write", value: key }, synchronize(untilOk(limit(9, repeat({ f: "read" }))))];
    const ops = invocations(clients(concurrentKeys(1, ["a", "b", "c"], once)), { concurrency: 2 });
    expect(ops.filter(({ f }) => f === "read")).toHaveLength(3);
  });

  test("random values are drawn for each key apart", () => {
    const write = (_test: unknown, { random }: { readonly random: { int(below: number): number } }) => ({
      f: "write",
      value: random.int(1e9),
    });
    const ops = invocations(
      clients(
        limit(
          60,
          concurrentKeys(1, naturals(), () => limit(3, mix([write, write]))),
        ),
      ),
      { concurrency: 4 },
    );
    expect(new Set(ops.map(({ value }) => value)).size).toBe(60);
  });

  test("gives every key the same operations with a seed, however long they take and whoever is first", () => {
    const write = (_test: unknown, { random }: { random: { int(below: number): number } }) => ({
      f: "write",
      value: random.int(1e6),
    });
    const work = () => limit(20, mix([write, repeat({ f: "read" })]));
    const byKey = (slowness: number, seed: number) => {
      const client = (op: { process: unknown }) => ({
        type: "ok" as const,
        latencyNs: 1e6 * (1 + ((Number(op.process) * slowness) % 7)),
      });
      const ops = invocations(clients(concurrentKeys(2, ["a", "b", "c", "d", "e"], work)), {
        concurrency: 6,
        client,
        seed,
      });
      return ["a", "b", "c", "d", "e"].map((name) =>
        ops.filter(({ key }) => key === name).map(({ f, value }) => `${f} ${value}`),
      );
    };
    expect(byKey(1, 5)).toEqual(byKey(3, 5));
    expect(byKey(1, 5)).not.toEqual(byKey(1, 6));
  });

  test("refuses groups that do not divide the threads", () => {
    expect(() => simulate(concurrentKeys(2, ["a"], two), { concurrency: 5 })).toThrow(
      /Groups of 2 threads for a key do not divide 5 client threads. Choose a concurrency that is a multiple of 2/,
    );
    expect(() => concurrentKeys(0, ["a"], two)).toThrow(/it takes at least 1/);
  });

  test("refuses keys within keys", () => {
    expect(() => simulate(sequentialKeys(["a"], () => sequentialKeys(["b"], two)))).toThrow(
      /keyed generators cannot be nested/,
    );
  });
});

test("naturals can be read again", () => {
  const numbers = naturals();
  for (let i = 0; i < 2; i++) {
    const [first, second] = numbers;
    expect([first, second]).toEqual([0, 1]);
  }
});
