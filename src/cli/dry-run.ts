import type { Assembly } from "../assemble.ts";
import type { Cluster, Suite } from "../test.ts";

/** What `--dry-run` tells of a run that will not be. */
export interface PlannedRun {
  readonly suite: Suite;
  readonly assembly: Pick<Assembly, "workloadName">;
  readonly nemesis: readonly string[];
  readonly cluster: Cluster;
  readonly concurrency: number;
  readonly seed: number;
}

/** Prints what the flags come to on stdout, a line for each thing, or one JSON object. */
export function printPlan({ assembly, cluster, concurrency, nemesis, seed, suite }: PlannedRun, json: boolean): void {
  const plan = {
    suite: suite.name,
    workload: assembly.workloadName,
    nemesis,
    cluster: cluster.kind,
    nodes: cluster.nodes,
    concurrency,
    seed,
  };
  const lines = Object.entries(plan).map(
    ([name, value]) => `${name.padEnd(12)} ${[value].flat().join(", ") || "none"}`,
  );
  process.stdout.write(`${json ? JSON.stringify(plan) : lines.join("\n")}\n`);
}
