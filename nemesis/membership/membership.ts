import { listsProcesses } from "../../src/abilities.ts";
import { changesMembers } from "../../src/members.ts";
import type { GeneratorLike, NemesisPackage } from "../../src/test.ts";
import { type FaultContext, type FaultFamily, rhythm } from "../family.ts";
import { drawTargets, ofNodes, possibleTargets, wrongTargets } from "../targets.ts";
import { MembershipNemesis, membershipSchema } from "./membership-nemesis.ts";

/** Members that leave and join. */
export const membershipFamily: FaultFamily = {
  name: "membership",
  summary: "takes members out of the cluster and lets them join again with empty disks",
  cannot: (context) => {
    const { db, nodes, options } = context;
    if (!changesMembers(db) || !listsProcesses(db))
      return "The fault membership needs a system whose members can leave and join, and this one's cannot.";
    if (nodes.length < 3) return "The fault membership needs at least three nodes.";
    return wrongTargets("membership-targets", options.membershipTargets as readonly string[] | undefined, context);
  },
  make(context: FaultContext): NemesisPackage {
    const { options, intervalMs } = context;
    const kinds =
      (options.membershipTargets as readonly string[] | undefined) ??
      possibleTargets(["one", "primaries", "non-primaries"], context);
    const leave: GeneratorLike = (test, { random }) => ({
      f: "remove-member",
      value: drawTargets(random.pick(kinds), test.nodes, random),
    });
    return {
      name: "membership",
      nemesis: new MembershipNemesis({ unsafe: options.membershipUnsafe === true }),
      generator: rhythm(intervalMs, [leave, { f: "add-member" }]),
      finalGenerator: [{ f: "add-member" }, { f: "heal-membership" }],
      bands: [{ family: "membership", start: ["remove-member"], stop: ["add-member", "heal-membership"] }],
      values: { "remove-member": ofNodes(membershipSchema, context.nodes).optional() },
    };
  },
};
