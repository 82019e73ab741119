import type { GeneratorLike, NemesisPackage } from "../../src/test.ts";
import { type FaultContext, type FaultFamily, rhythm } from "../family.ts";
import { drawTargets, nodesOf, ofNodes, wrongTargets } from "../targets.ts";
import {
  drawFlap,
  grudgeOf,
  impossible,
  PARTITION_KINDS,
  type PartitionKind,
  partitionSchema,
} from "./partition-kinds.ts";
import { PartitionNemesis } from "./partition-nemesis.ts";

/** Network partitions between nodes. */
export const partitionFamily: FaultFamily = {
  name: "partition",
  summary: `cuts nodes from one another (${PARTITION_KINDS.join(", ")})`,
  cannot: (context) => {
    if (context.nodes.length < 2) return "A partition needs at least two nodes.";
    const asked = context.options.partition as readonly PartitionKind[] | undefined;
    const reason = asked?.map((kind) => impossible(kind, context)).find((each) => each !== undefined);
    return reason ?? wrongTargets("partition-targets", targetsOf(context), context);
  },
  make(context): NemesisPackage {
    const asked = context.options.partition as readonly PartitionKind[] | undefined;
    const targets = targetsOf(context) ?? [];
    const possible = PARTITION_KINDS.filter((kind) => impossible(kind, context) === undefined);
    const kinds = asked ?? (targets.length > 0 ? [] : possible);
    const start: GeneratorLike = (test, { random }) => {
      const chosen = random.int(kinds.length + targets.length);
      const kind = kinds[chosen];
      if (kind === undefined) {
        const named = targets[chosen - kinds.length] as string;
        return { f: "start-partition", value: drawTargets(named, test.nodes, random) };
      }
      const grudge = grudgeOf(kind, test.nodes, random);
      const flap = kind === "flapping" ? { flap: drawFlap(random) } : {};
      return { f: "start-partition", value: { kind, ...(grudge ? { grudge } : {}), ...flap } };
    };
    return {
      name: "partition",
      nemesis: new PartitionNemesis(),
      generator: rhythm(context.intervalMs, [start, { f: "stop-partition" }]),
      finalGenerator: [{ f: "stop-partition" }, { f: "heal-partition" }],
      bands: [{ family: "partition", start: ["start-partition"], stop: ["stop-partition", "heal-partition"] }],
      values: {
        "start-partition": ofNodes(partitionSchema, context.nodes, ({ grudge }) => nodesOf(grudge)).refine(
          ({ grudge, nodes, targets, kind }) => grudge ?? nodes ?? targets ?? (kind === "given" ? undefined : kind),
          `neither "grudge", nor "nodes", nor "targets", nor a "kind" is given (${PARTITION_KINDS.join(", ")})`,
        ),
      },
    };
  },
};

/** `--partition-targets`: whom to cut off from the rest. */
function targetsOf({ options }: FaultContext): readonly string[] | undefined {
  return options.partitionTargets as readonly string[] | undefined;
}
