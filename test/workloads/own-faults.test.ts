import { describe, expect, it } from "vitest";
import { scheduled } from "../../nemesis/schedule.ts";
import { parseFlags } from "../../src/cli/option-flags.ts";
import type { NemesisPackage, Suite } from "../../src/test.ts";
import { cephSuite } from "../../workloads/ceph/suite.ts";
import { demoSuite } from "../../workloads/demo/suite.ts";
import { glusterSuite } from "../../workloads/gluster/suite.ts";

const nodes = ["n1", "n2", "n3", "n4", "n5"];

function schedule(suite: Suite, family: string, f: string, value?: unknown) {
  const options = { ...parseFlags(suite.options, {}), nemesisInterval: 5 };
  const context = { nodes, concurrency: 5, options };
  const own = (suite.faults?.(context, suite.db?.(context)) ?? []) as readonly NemesisPackage[];
  return () => scheduled(own, [{ at: 1, family, f, value }], 10);
}

describe("a schedule of a suite's own faults", () => {
  it.each<[Suite, string, string, unknown]>([
    [cephSuite, "osd-out", "osd-out", { nodes: ["n2"] }],
    [cephSuite, "osd-out", "osd-out", undefined],
    [cephSuite, "osd-out", "osd-in", null],
    [cephSuite, "osd-loss", "lose-osd", { order: ["n4", "n1"] }],
    [cephSuite, "osd-full", "fill-osds", undefined],
    [glusterSuite, "bricks", "remove-brick", { order: ["n5", "n1"] }],
    [glusterSuite, "bricks", "add-brick", { nodes: ["n3"] }],
    [glusterSuite, "bricks", "heal-bricks", undefined],
    [demoSuite, "isolate-primary", "start-isolate-primary", undefined],
  ])("may say $0.name $1, $2, $3", (suite, family, f, value) => {
    expect(schedule(suite, family, f, value)).not.toThrow();
  });

  it.each<[Suite, string, string, unknown, string]>([
    [cephSuite, "osd-out", "osd-out", { nodes: ["n9"] }, 'nodes[0]: must be one of n1, n2, n3, n4, n5, not "n9"'],
    [cephSuite, "osd-out", "osd-out", { node: "n2" }, 'must not have "node", but may have nodes, order'],
    [cephSuite, "osd-out", "osd-in", { nodes: ["n2"] }, "osd-in takes none"],
    [cephSuite, "osd-loss", "lose-osd", "n2", 'must be an object, not "n2"'],
    [cephSuite, "osd-full", "fill-osds", { nodes: ["n2"] }, "fill-osds takes none"],
    [glusterSuite, "bricks", "remove-brick", { order: [] }, "order: must have at least 1 entry"],
    [glusterSuite, "bricks", "add-brick", { order: "n2" }, 'order: must be a list, not "n2"'],
    [demoSuite, "isolate-primary", "start-isolate-primary", "n2", "start-isolate-primary takes none"],
  ])("may not say $0.name $1, $2, $3", (suite, family, f, value, sentence) => {
    expect(schedule(suite, family, f, value)).toThrow(sentence);
  });
});
