import { Command } from "commander";
import { healNode, nodeHolder } from "../control/node-guard.ts";
import { onNodes } from "../control/on-nodes.ts";
import { runningDaemons } from "../control/running-daemons.ts";
import { messageOf } from "../errors.ts";
import type { Session } from "../test.ts";
import { EXIT } from "./exit-codes.ts";
import { daemonNames, lastNotes } from "./leftovers.ts";
import { namedCluster, namedNodes, reachNodes } from "./named-cluster.ts";
import { addFlags } from "./option-flags.ts";

/** Heals one node; what there is to say of it, a line each. */
async function heal(session: Session, isForced: boolean): Promise<readonly string[]> {
  const holder = await nodeHolder(session);
  if (holder?.alive && !isForced) return [`in use by run ${holder.run}: left alone (--force overrides)`];
  const undone = holder ? await healNode(session) : [];
  const notes = lastNotes(holder);
  const daemons = await runningDaemons(session);
  return [
    holder
      ? `removed what run ${holder.run} left${undone.length > 0 ? `; undone: ${undone.join(", ")}` : ""}`
      : "nothing was left",
    ...(notes.length > 0 ? ["what its faults did for good stays:", ...notes.map((note) => `  ${note}`)] : []),
    ...(daemons.length > 0 ? [`${daemonNames(daemons)} still runs: the next run of the same suite ends it`] : []),
  ];
}

/** `heal`: undoes faults that a run left on nodes, and takes its marks away. */
export function healCommand(): Command {
  const command = new Command("heal").description(
    "undo and remove what a run that is over left on nodes; what cannot be undone is told",
  );
  addFlags(command, namedNodes, "Nodes:");
  command.option("--force", "also on nodes that a live run holds");
  command.action(async (flags: Record<string, unknown>) => {
    const cluster = await namedCluster(flags);
    if (!cluster) {
      process.stderr.write(
        "Name the nodes: --nodes n1,n2,… or --cluster ID. Local clusters whose run is over are removed with `jepsen-ts cluster down`.\n",
      );
      process.exitCode = EXIT.usage;
      return;
    }
    try {
      await reachNodes(cluster);
      const outcomes = await onNodes(cluster.nodes, async (node) =>
        heal(await cluster.session(node), flags.force === true),
      );
      const said = outcomes.map((each) => ("error" in each ? messageOf(each.error) : each.value.join("\n")));
      const isCommon = said.length > 1 && new Set(said).size === 1;
      for (const [i, text] of isCommon ? [said[0] ?? ""].entries() : said.entries()) {
        const who = isCommon ? "all nodes" : cluster.nodes[i];
        for (const line of text.split("\n")) process.stdout.write(`${who}  ${line}\n`);
      }
      process.exitCode = outcomes.some((outcome) => "error" in outcome) ? EXIT.harness : EXIT.valid;
    } finally {
      await cluster.down({ destroy: false });
    }
  });
  return command;
}
