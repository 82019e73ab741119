import type { GeneratorLike, NemesisPackage } from "../../src/test.ts";
import { type FaultContext, type FaultFamily, rhythm } from "../family.ts";
import { drawTargets, nodesOf, ofNodes, possibleTargets, wrongTargets } from "../targets.ts";
import { drawPacket, type PacketKind, packetSchema } from "./behaviour.ts";
import { PacketNemesis } from "./packet-nemesis.ts";

/** Packets between nodes that are late, lost, doubled, out of order, damaged or few. */
export const packetFamily: FaultFamily = {
  name: "packet",
  summary: "spoils packets between nodes (delay, loss, duplicate, reorder, corrupt, rate)",
  cannot: (context) => {
    if (context.nodes.length < 2) return "A packet fault needs at least two nodes.";
    return wrongTargets("packet-targets", context.options.packetTargets as readonly string[] | undefined, context);
  },
  make(context: FaultContext): NemesisPackage {
    const { options, intervalMs } = context;
    const nemesis = new PacketNemesis({
      asked: options.packet as readonly PacketKind[] | undefined,
      missing: options.nemesisMissing === "skip" ? "skip" : "refuse",
    });
    const asked = options.packetTargets as readonly string[] | undefined;
    const targets = asked ?? possibleTargets(["one", "minority", "all", "primaries"], context);
    const start: GeneratorLike = (test, { random }) => ({
      f: "start-packet",
      value: {
        ...drawTargets(random.pick(targets), test.nodes, random),
        ...drawPacket(random.pick(nemesis.kinds), random),
      },
    });
    return {
      name: "packet",
      nemesis,
      generator: rhythm(intervalMs, [start, { f: "stop-packet" }]),
      finalGenerator: [{ f: "stop-packet" }, { f: "heal-packet" }],
      bands: [{ family: "packet", start: ["start-packet"], stop: ["stop-packet", "heal-packet"] }],
      values: {
        "start-packet": ofNodes(packetSchema, context.nodes, ({ links }) => nodesOf(links)).refine(
          ({ links, nodes, targets }) => links ?? nodes ?? targets,
          'neither "nodes", nor "targets", nor "links" are given',
        ),
      },
    };
  },
};
