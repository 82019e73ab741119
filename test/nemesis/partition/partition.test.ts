import { describe, expect, it } from "vitest";
import { partitionFamily } from "../../../nemesis/partition/partition.ts";
import { impossible, isolated, partitionSchema } from "../../../nemesis/partition/partition-kinds.ts";
import { once, simulate } from "../../../src/generator/index.ts";
import type { Db } from "../../../src/test.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];
const bare: Db = { setup: async () => {}, teardown: async () => {} };
const withPrimaries = { ...bare, primaries: async () => [] } as Db;
const context = (options: Record<string, unknown>, nodes = NODES, db: Db = withPrimaries) => ({
  nodes,
  db,
  options,
  intervalMs: 1,
});

/** Values of the partitions that these options lead to. */
function drawn(options: Record<string, unknown>) {
  const { generator } = partitionFamily.make(context(options));
  const values = Array.from({ length: 60 }, (_, seed) => {
    const { history } = simulate(once(generator), {
      concurrency: 0,
      lanes: ["partition"],
      seed,
      nodes: NODES,
    } as never);
    return partitionSchema.parse(history[0]?.value);
  });
  return values;
}

describe("partition flags", () => {
  it("draw every kind when nothing is said", () => {
    expect([...new Set(drawn({}).map(({ kind }) => kind))].sort()).toEqual(
      ["bridge", "flapping", "halves", "majorities-ring", "minority", "one", "one-way", "primaries"].sort(),
    );
  });

  it("can name whom to cut off, alone or beside kinds", () => {
    for (const { nodes, kind } of drawn({ partitionTargets: ["n2+n4"] }))
      expect({ nodes, kind }).toEqual({ nodes: ["n2", "n4"], kind: "given" });
    const mixed = drawn({ partitionTargets: ["n2"], partition: ["halves"] }).map(({ kind }) => kind);
    expect(new Set(mixed)).toEqual(new Set(["given", "halves"]));
  });

  it("flap with times of their own", () => {
    for (const { flap } of drawn({ partition: ["flapping"] })) {
      expect(flap?.downMs).toBeGreaterThanOrEqual(400);
      expect(flap?.upMs).toBeLessThanOrEqual(2000);
    }
  });

  it("say what cannot be", () => {
    expect(partitionFamily.cannot(context({}, ["n1"]))).toMatch(/at least two nodes/);
    expect(partitionFamily.cannot(context({ partition: ["bridge"] }, ["n1", "n2"]))).toMatch(/at least 3 nodes/);
    expect(partitionFamily.cannot(context({ partition: ["primaries"] }, NODES, bare))).toMatch(/does not tell/);
    expect(partitionFamily.cannot(context({ partitionTargets: ["n1+n1"] }))).toMatch(/targets n1\+n1: name n1 once/);
    expect(partitionFamily.cannot(context({ partitionTargets: ["n9"] }))).toMatch(/--partition-targets takes/);
    expect(impossible("majorities-ring", context({}, ["n1", "n2", "n3"]))).toMatch(/at least 4 nodes/);
    expect(partitionFamily.cannot(context({}))).toBeUndefined();
  });
});

it("primaries are each alone, and a minority at most", () => {
  expect(isolated(["n1", "n2", "n3"], NODES)).toEqual({
    n1: ["n2", "n3", "n4", "n5"],
    n2: ["n1", "n3", "n4", "n5"],
    n3: ["n1", "n2"],
    n4: ["n1", "n2"],
    n5: ["n1", "n2"],
  });
});
