import { describe, expect, it } from "vitest";
import { parseBricks, parsePendingHeals } from "../../../workloads/gluster/bricks.ts";
import { glusterSuite } from "../../../workloads/gluster/suite.ts";

const INFO = `
Volume Name: jepsen
Type: Replicate
Number of Bricks: 1 x 3 = 3
Bricks:
Brick1: 10.233.0.101:/var/lib/jepsen-ts/gluster/bricks/jepsen
Brick2: 10.233.0.103:/var/lib/jepsen-ts/gluster/bricks/jepsen
Brick3: elsewhere:/bricks/jepsen
Options Reconfigured:
cluster.granular-entry-heal: on
`;

const HEAL = (third: string) => `Brick 10.233.0.101:/bricks/jepsen
/append/7
Status: Connected
Number of entries: 1

Brick 10.233.0.102:/bricks/jepsen
Status: Connected
Number of entries: 0

Brick 10.233.0.103:/bricks/jepsen
Status: ${third}
`;

describe("what gluster says of its bricks", () => {
  it("is where they are, in their order", () => {
    const nodes = new Map([
      ["10.233.0.101", "n1"],
      ["10.233.0.103", "n3"],
    ]);
    expect(parseBricks(INFO, nodes)).toEqual(["n1", "n3", "elsewhere"]);
  });

  it("is how many entries wait to be healed, unless a brick cannot say", () => {
    expect(parsePendingHeals(HEAL("Connected\nNumber of entries: 2"))).toBe(3);
    expect(parsePendingHeals(HEAL("Transport endpoint is not connected\nNumber of entries: -"))).toBeUndefined();
    expect(parsePendingHeals("Volume jepsen does not exist")).toBeUndefined();
  });
});

describe("the fault bricks", () => {
  const context = (flags: object) => ({
    nodes: ["n1", "n2", "n3", "n4", "n5"],
    concurrency: 5,
    options: { nemesisInterval: 5, ...glusterSuite.options.parse(flags) },
  });

  it("is offered where a brick can go and come without moving data", () => {
    const names = (flags: object) => glusterSuite.faults?.(context(flags), undefined).map(({ name }) => name);
    expect(names({})).toEqual(["bricks"]);
    for (const volume of ["replica-2", "arbiter", "disperse"]) expect(names({ volume })).toEqual([]);
  });
});
