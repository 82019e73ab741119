import { assert, asyncProperty, integer } from "fast-check";
import { describe, expect, it } from "vitest";
import { drawTargets, minoritySize, resolveTargets, TARGET_KINDS, wrongTargets } from "../../nemesis/targets.ts";
import { randomStream } from "../../src/random.ts";
import type { Db, Primaries } from "../../src/test.ts";
import { localTest } from "./local-test.ts";

const bare: Db = { setup: async () => {}, teardown: async () => {} };
const led = (primaries: readonly string[]): Db & Primaries => ({ ...bare, primaries: async () => primaries });
const names = (count: number) => Array.from({ length: count }, (_, i) => `n${i + 1}`);

describe("targets", () => {
  it("have the size that their kind says, for any number of nodes", async () => {
    await assert(
      asyncProperty(integer({ min: 1, max: 9 }), integer(), async (count, seed) => {
        const nodes = names(count);
        const test = localTest(nodes, led([nodes[0]!]));
        for (const kind of TARGET_KINDS) {
          const resolved = await resolveTargets(test, drawTargets(kind, nodes, randomStream(seed, kind)));
          const size = "nodes" in resolved ? resolved.nodes.length : 0;
          if ("nodes" in resolved) expect(new Set(resolved.nodes).size).toBe(size);
          if (kind === "one") expect(size).toBe(1);
          if (kind === "all") expect(size).toBe(count);
          if (kind === "majority") expect(size).toBe(Math.floor(count / 2) + 1);
          if (kind === "minority" && count > 2) expect(size * 2).toBeLessThan(count);
          if (kind === "primaries") expect(resolved).toEqual({ nodes: ["n1"] });
          if (kind === "non-primaries") {
            if ("nodes" in resolved) expect(resolved.nodes).not.toContain("n1");
            else expect(count).toBe(1);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are the nodes that were named", async () => {
    const test = localTest(names(5), bare);
    expect(await resolveTargets(test, drawTargets("n2+n4", test.nodes, randomStream(1)))).toEqual({
      nodes: ["n2", "n4"],
    });
    expect(await resolveTargets(test, { targets: "minority" })).toEqual({ nodes: ["n1", "n2"] });
    expect(await resolveTargets(test, { targets: "few" })).toHaveProperty("none");
    expect(await resolveTargets(test, { targets: "primaries" })).toHaveProperty("none");
    expect(await resolveTargets(test, { nodes: [] })).toHaveProperty("none");
  });

  it("of a flag are checked before anything starts", () => {
    const context = { nodes: names(3), db: bare, options: {}, intervalMs: 1 };
    expect(wrongTargets("kill-targets", undefined, context)).toBeUndefined();
    expect(wrongTargets("kill-targets", ["all", "n1"], context)).toBeUndefined();
    expect(wrongTargets("kill-targets", ["primaries"], context)).toContain("does not tell which nodes are primaries");
    expect(wrongTargets("kill-targets", ["n1+n4"], context)).toContain('"n1+n4"');
  });

  it("of a minority are never half of them", () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(minoritySize)).toEqual([1, 1, 1, 1, 2, 2, 3]);
  });
});
