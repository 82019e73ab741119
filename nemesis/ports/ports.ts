import { hasPorts } from "../../src/abilities.ts";
import type { GeneratorLike, NemesisPackage } from "../../src/test.ts";
import { type FaultContext, type FaultFamily, rhythm } from "../family.ts";
import { aimed, drawTargets, possibleTargets, wrongTargets } from "../targets.ts";
import { PORT_KINDS, type PortKind, PortsNemesis, portsSchema } from "./ports-nemesis.ts";

/** Cuts between peers only, or between clients and nodes only. */
export const portsFamily: FaultFamily = {
  name: "ports",
  summary: "cuts only the traffic between peers, or only that of clients (peer, client)",
  cannot: (context) => {
    if (!hasPorts(context.db)) return "The fault ports needs a system that tells its ports, and this one does not.";
    if (context.nodes.length < 2) return "The fault ports needs at least two nodes.";
    return wrongTargets("ports-targets", context.options.portsTargets as readonly string[] | undefined, context);
  },
  make(context: FaultContext): NemesisPackage {
    const { options, intervalMs } = context;
    const kinds = (options.ports as readonly PortKind[] | undefined) ?? PORT_KINDS;
    const asked = options.portsTargets as readonly string[] | undefined;
    const targets = asked ?? possibleTargets(["one", "minority", "primaries"], context);
    const start: GeneratorLike = (test, { random }) => ({
      f: "cut-ports",
      value: { ...drawTargets(random.pick(targets), test.nodes, random), kind: random.pick(kinds) },
    });
    return {
      name: "ports",
      nemesis: new PortsNemesis(),
      generator: rhythm(intervalMs, [start, { f: "open-ports" }]),
      finalGenerator: [{ f: "open-ports" }, { f: "heal-ports" }],
      bands: [{ family: "ports", start: ["cut-ports"], stop: ["open-ports", "heal-ports"] }],
      values: { "cut-ports": aimed(portsSchema, context.nodes) },
    };
  },
};
