import { describe, expect, it } from "vitest";
import type { Invocation, Test } from "../../../src/test.ts";
import { parseBricks, parsePendingHeals } from "../../../workloads/gluster/bricks.ts";
import { BricksNemesis } from "../../../workloads/gluster/bricks-nemesis.ts";
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

  /** What becomes of an operation while every glusterd says that these are the bricks, and there is nothing else to ask. */
  async function attempt(f: string, bricks: readonly number[], order: readonly string[]) {
    const nodes = ["n1", "n2", "n3", "n4", "n5"];
    const info = bricks.map((n, i) => `Brick${i + 1}: 10.0.0.${n}:/bricks/jepsen`).join("\n");
    const exec = async (argv: readonly string[]) => ({
      code: argv.includes("info") && !argv.includes("heal") ? 0 : 1,
      stdout: argv.includes("heal") ? "Number of entries: 4\n" : info,
      stderr: "",
    });
    const cluster = { address: (node: string) => `10.0.0.${node.slice(1)}`, session: async () => ({ exec }) };
    const test = { nodes, cluster, db: { removeBrick() {}, addBrick() {} } } as unknown as Test;
    const op: Invocation = { index: 0, time: 0, type: "invoke", process: "nemesis:bricks", f, value: { order } };
    const { type, error } = await new BricksNemesis(3, { wholeTimeoutMs: 0 }).invoke(
      test,
      op,
      AbortSignal.timeout(5_000),
    );
    return `${type}: ${error?.message}`;
  }

  it("leaves two bricks alone, a full volume as it is, and every brick while something waits to be healed", async () => {
    expect(await attempt("remove-brick", [1, 3], ["n1"])).toBe("fail: only 2 bricks are left");
    expect(await attempt("remove-brick", [1, 2, 3], ["n5"])).toBe("fail: no brick is on n5 now");
    expect(await attempt("remove-brick", [1, 2, 3], ["n5", "n2"])).toBe("fail: not all bricks are whole now");
    expect(await attempt("add-brick", [1, 2, 3], ["n4"])).toBe("fail: no brick is missing");
    expect(await attempt("add-brick", [1, 2], ["n2", "n1"])).toBe("fail: a brick is on n2, n1 already");
  });

  it("is offered where a brick can go and come without moving data", () => {
    const offered = (flags: object) => glusterSuite.faults?.(context(flags), undefined);
    expect(offered({})).toMatchObject([{ name: "bricks", bands: [{ family: "bricks" }] }]);
    for (const volume of ["replica-2", "arbiter", "disperse"])
      expect(offered({ volume })).toEqual([
        { name: "bricks", cannot: expect.stringMatching(`needs --volume replica-3: a ${volume} volume .*kill-roles`) },
      ]);
  });
});
