import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bisect,
  bridge,
  completeGrudge,
  describeGrudge,
  type Grudge,
  isCut,
  majoritiesRing,
  oneWay,
  withoutSelf,
} from "../../../nemesis/partition/grudge.ts";
import { grudgeOf, PARTITION_KINDS } from "../../../nemesis/partition/partition-kinds.ts";
import { randomStream } from "../../../src/random.ts";

const names = (count: number) => Array.from({ length: count }, (_, i) => `n${i + 1}`);
const FIVE = names(5);

/** The nodes that hear `node` and are heard by it, itself included. */
function visible(grudge: Grudge, node: string, nodes: readonly string[]): readonly string[] {
  return nodes.filter((other) => other === node || !(isCut(grudge, node, other) || isCut(grudge, other, node)));
}

function isSymmetric(grudge: Grudge, nodes: readonly string[]): boolean {
  return nodes.every((x) => nodes.every((y) => isCut(grudge, x, y) === isCut(grudge, y, x)));
}

describe("completeGrudge", () => {
  it("cuts every group from every other, in both directions, and nobody within a group", () => {
    const groups = [["n1"], ["n2", "n3"], ["n4", "n5"]];
    const grudge = completeGrudge(groups);
    expect(grudge).toEqual({
      n1: ["n2", "n3", "n4", "n5"],
      n2: ["n1", "n4", "n5"],
      n3: ["n1", "n4", "n5"],
      n4: ["n1", "n2", "n3"],
      n5: ["n1", "n2", "n3"],
    });
  });

  it("one group has nobody to drop", () => {
    expect(completeGrudge([FIVE])).toEqual({});
    expect(completeGrudge([])).toEqual({});
  });
});

describe("bisect", () => {
  it("makes the first half the smaller one", () => {
    expect(bisect(FIVE)).toEqual([
      ["n1", "n2"],
      ["n3", "n4", "n5"],
    ]);
    expect(bisect(["n1"])).toEqual([[], ["n1"]]);
  });
});

describe("bridge", () => {
  it("leaves one node that sees both halves, which do not see each other", () => {
    const grudge = bridge(FIVE);
    expect(visible(grudge, "n3", FIVE)).toEqual(FIVE);
    expect(visible(grudge, "n1", FIVE)).toEqual(["n1", "n2", "n3"]);
    expect(visible(grudge, "n5", FIVE)).toEqual(["n3", "n4", "n5"]);
    expect(isSymmetric(grudge, FIVE)).toBe(true);
  });
});

describe("majoritiesRing", () => {
  const ring = fc.record({ count: fc.integer({ min: 4, max: 10 }), seed: fc.nat() });

  it("shows everybody a majority, in both directions alike, for 4 to 10 nodes", () => {
    fc.assert(
      fc.property(ring, ({ count, seed }) => {
        const nodes = names(count);
        const grudge = majoritiesRing(nodes, randomStream(seed));
        const majority = Math.floor(count / 2) + 1;
        for (const node of nodes) expect(visible(grudge, node, nodes).length).toBeGreaterThanOrEqual(majority);
        expect(isSymmetric(grudge, nodes)).toBe(true);
        for (const node of nodes) expect(isCut(grudge, node, node)).toBe(false);
      }),
    );
  });

  it("shows no two nodes the same majority where there are five or more, an odd number", () => {
    fc.assert(
      fc.property(fc.constantFrom(5, 7, 9), fc.nat(), (count, seed) => {
        const nodes = names(count);
        const grudge = majoritiesRing(nodes, randomStream(seed));
        const views = new Set(nodes.map((node) => visible(grudge, node, nodes).join(" ")));
        expect(views.size).toBe(count);
      }),
    );
  });

  it("cuts somebody off from somebody, for 4 to 10 nodes", () => {
    for (let count = 4; count <= 10; count++) {
      const nodes = names(count);
      const cut = nodes.some((node) => visible(majoritiesRing(nodes, randomStream(1)), node, nodes).length < count);
      expect(cut, `${count} nodes`).toBe(true);
    }
  });

  it("depends on the seed", () => {
    const seen = new Set([1, 2, 3, 4, 5].map((seed) => JSON.stringify(majoritiesRing(FIVE, randomStream(seed)))));
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe("oneWay", () => {
  it("silences one direction only", () => {
    const grudge = oneWay(["n1"], ["n2", "n3"]);
    expect(isCut(grudge, "n1", "n2")).toBe(true);
    expect(isCut(grudge, "n2", "n1")).toBe(false);
    expect(isCut(oneWay(["n1", "n2"], ["n2"]), "n2", "n2")).toBe(false);
  });
});

describe("grudgeOf", () => {
  it("a minority is one, and leaves a majority that sees itself; one cuts off one; halves are halves", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(), (count, seed) => {
        const nodes = names(count);
        const sizes = (kind: "minority" | "one" | "halves") => {
          const grudge = grudgeOf(kind, nodes, randomStream(seed)) ?? {};
          const groups = new Set(nodes.map((node) => visible(grudge, node, nodes).join(" ")));
          return [...groups].map((group) => group.split(" ").length).sort((x, y) => x - y);
        };
        const [few = 0, many = 0] = sizes("minority");
        expect(few + many).toBe(count);
        if (count > 2) expect(few).toBeLessThan(count / 2);
        expect(sizes("one")).toEqual([1, count - 1].sort((x, y) => x - y));
        expect(sizes("halves")).toEqual([Math.floor(count / 2), Math.ceil(count / 2)]);
      }),
    );
  });

  it("is known for every kind but the one that depends on who leads", () => {
    for (const kind of PARTITION_KINDS) {
      expect(grudgeOf(kind, FIVE, randomStream(1)) === undefined, kind).toBe(kind === "primaries");
    }
  });
});

describe("describeGrudge", () => {
  it("shows groups where there are groups, and else who drops whom", () => {
    expect(describeGrudge(completeGrudge([["n1"], ["n2", "n3"]]), names(3))).toBe("n1 | n2 n3");
    expect(describeGrudge(bridge(FIVE), FIVE)).toBe("n1 drops n4 n5, n2 drops n4 n5, n4 drops n1 n2, n5 drops n1 n2");
    expect(describeGrudge(oneWay(["n1"], ["n2"]), ["n1", "n2"])).toBe("n2 drops n1");
  });
});

it("what a node drops of itself is nothing", () => {
  expect(withoutSelf({ n1: ["n1"], n2: ["n2", "n3"] })).toEqual({ n1: [], n2: ["n3"] });
});
