import { hasDataFiles } from "../../src/abilities.ts";
import type { GeneratorLike, NemesisPackage } from "../../src/test.ts";
import { type FaultContext, type FaultFamily, rhythm } from "../family.ts";
import { aimed, drawTargets, wrongTargets } from "../targets.ts";
import { DiskNemesis, diskSchema } from "./disk-nemesis.ts";

/** Full disks. */
export const diskFamily: FaultFamily = {
  name: "disk",
  summary: "fills the disk that holds the database's data, and frees it later",
  cannot: (context) => {
    if (!hasDataFiles(context.db))
      return "The fault disk needs a system that tells where its data is, and this one does not.";
    return wrongTargets("disk-targets", context.options.diskTargets as readonly string[] | undefined, context);
  },
  make({ nodes, options, intervalMs }: FaultContext): NemesisPackage {
    const kinds = (options.diskTargets as readonly string[] | undefined) ?? ["one"];
    const reserveBytes = Number(options.diskReserve ?? 1) * (1 << 20);
    const start: GeneratorLike = (test, { random }) => ({
      f: "fill-disk",
      value: { ...drawTargets(random.pick(kinds), test.nodes, random), reserveBytes },
    });
    return {
      name: "disk",
      nemesis: new DiskNemesis(),
      generator: rhythm(intervalMs, [start, { f: "free-disk" }]),
      finalGenerator: [{ f: "free-disk" }, { f: "heal-disk" }],
      bands: [{ family: "disk", start: ["fill-disk"], stop: ["free-disk", "heal-disk"] }],
      values: { "fill-disk": aimed(diskSchema, nodes) },
    };
  },
};
