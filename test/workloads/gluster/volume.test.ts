import { describe, expect, it } from "vitest";
import { type Grudge, isCut } from "../../../nemesis/partition/grudge.ts";
import { readSchedule } from "../../../nemesis/schedule.ts";
import { JepsenError } from "../../../src/errors.ts";
import { BRICK, CURRENT_MOUNT, MOUNTS } from "../../../workloads/gluster/paths.ts";
import { glusterSuite } from "../../../workloads/gluster/suite.ts";
import { brickNodes, createCommand, setCommand } from "../../../workloads/gluster/volume.ts";

const nodes = ["n1", "n2", "n3", "n4", "n5"];
const settings = { layout: "replica-3", quorum: "default", performance: false, more: [], pingTimeoutS: 3 } as const;

describe("a Gluster volume", () => {
  it.each([
    ["replica-3", 3, "replica 3"],
    ["replica-2", 2, "replica 2"],
    ["arbiter", 3, "replica 3 arbiter 1"],
    ["disperse", 3, "disperse 3 redundancy 1"],
  ] as const)("%s has %i bricks on the first nodes", (layout, count, words) => {
    const bricks = brickNodes(layout, nodes);
    expect(bricks).toEqual(nodes.slice(0, count));
    const where = bricks.map((node) => `${node}:${BRICK}`).join(" ");
    expect(createCommand(layout, bricks).join(" ")).toBe(`volume create jepsen ${words} ${where} force`);
  });

  it("needs enough nodes", () => {
    expect(() => brickNodes("replica-3", ["n1", "n2"])).toThrow(
      new JepsenError("usage", "A replica-3 volume needs 3 nodes; there are 2."),
    );
  });

  it("sets caches and quorum only as asked", () => {
    const safe = setCommand(settings).join(" ");
    expect(safe).toContain("network.ping-timeout 3");
    expect(safe).toContain("performance.write-behind off");
    expect(safe).not.toContain("quorum");
    const weak = setCommand({ ...settings, quorum: "none", performance: true }).join(" ");
    expect(weak).toContain("cluster.quorum-type none");
    expect(weak).toContain("performance.quick-read on");
    const more = setCommand({ ...settings, more: ["cluster.heal-timeout=5", "cluster.choose-local=off"] }).join(" ");
    expect(more).toMatch(/cluster\.heal-timeout 5 cluster\.choose-local off$/);
  });

  it("is reached through a link beside the mounts, never through a mount point itself", () => {
    expect(CURRENT_MOUNT.startsWith(`${MOUNTS}/`)).toBe(false);
  });
});

describe("the gluster suite", () => {
  it("has a script for the situation in which one of two bricks lags", async () => {
    const [cut, whole] = await readSchedule("examples/gluster-lagging-brick.json");
    expect([cut?.f, whole?.f]).toEqual(["start-partition", "stop-partition"]);
    const { grudge } = cut!.value as { readonly grudge: Grudge };
    const reached = (node: string) => ["n1", "n2", "n3"].filter((brick) => !isCut(grudge, brick, node));
    expect(nodes.map(reached)).toEqual([["n1", "n2"], ["n1", "n2"], ["n3"], ["n1", "n3"], ["n1", "n2"]]);
  });

  it("refuses too few nodes before anything is touched", () => {
    const context = { nodes: ["n1"], concurrency: 2, options: glusterSuite.options.parse({}) };
    expect(() => glusterSuite.db?.(context)).toThrow(/needs 3 nodes/);
    expect(() => glusterSuite.db?.({ ...context, nodes })).not.toThrow();
  });

  it("offers every file system workload", () => {
    const names = ["fs-append", "fs-set", "fs-register", "fs-rename", "fs-lock", "fs-counter"];
    expect(Object.keys(glusterSuite.workloads)).toEqual(names);
    const context = { nodes, concurrency: 10, options: glusterSuite.options.parse({}) };
    for (const name of names) expect(glusterSuite.workloads[name]?.(context)).toHaveProperty("checker");
  });
});
