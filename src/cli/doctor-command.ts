import { Command } from "commander";
import { hostCommand } from "../cluster/host-command.ts";
import { InventoryCluster } from "../cluster/inventory/inventory-cluster.ts";
import { allRecords } from "../cluster/local/registry.ts";
import { isAlive } from "../cluster/process-identity.ts";
import { execOk, missingPrograms } from "../control/exec.ts";
import { healNode, type NodeHolder, nodeHolder } from "../control/node-guard.ts";
import { onNodes } from "../control/on-nodes.ts";
import { isJepsenError, messageOf } from "../errors.ts";
import type { Cluster } from "../test.ts";
import { type ClusterOptions, chooseCluster, chosenCluster, clusterOptions, refuseIdle } from "./cluster-choice.ts";
import { colors } from "./colors.ts";
import { EXIT } from "./exit-codes.ts";
import { addFlags, parseFlags } from "./option-flags.ts";

/** One thing that was looked at. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What is there, or what is wrong. */
  readonly says: string;
  /** The command or step that mends it. */
  readonly mend?: string;
}

const HOST_PROGRAMS: readonly (readonly [program: string, packages: string, why: string])[] = [
  ["sshd", "openssh-server", "the nodes' SSH servers"],
  ["ssh", "openssh-client", "jepsen-ts cluster ssh"],
  ["ip", "iproute2", "the nodes' networks"],
  ["nft", "nftables", "partitions"],
  ["unshare", "util-linux", "the nodes' namespaces"],
  ["nsenter", "util-linux", "the nodes' namespaces"],
  ["python3", "python3", "measuring faults"],
  ["etcd", "etcd-server", "the etcd suite"],
];

/** Notes that are shown of one node. */
const NOTES_MAX = 12;

const NODE_PROGRAMS = ["sh", "setsid", "timeout", "nft", "ip", "python3"];

async function hostFindings(): Promise<readonly Finding[]> {
  const root = process.getuid?.() === 0;
  const findings: Finding[] = [
    { what: "Node", ok: true, says: process.version },
    root
      ? { what: "root", ok: true, says: "yes" }
      : {
          what: "root",
          ok: false,
          says: "no: local nodes cannot be made",
          mend: "use sudo, or --nodes with machines of your own",
        },
  ];
  for (const [program, packages, why] of HOST_PROGRAMS) {
    const found = await hostCommand(["sh", "-c", 'command -v "$1"', "sh", program]).catch(() => undefined);
    if (found) findings.push({ what: program, ok: true, says: found.trim() });
    else findings.push({ what: program, ok: false, says: `missing (${why})`, mend: `apt-get install -y ${packages}` });
  }
  if (root) findings.push(await kernelFinding());
  for (const record of await allRecords()) {
    const live = record.owner === undefined || (await isAlive(record.owner));
    const says = record.owner
      ? live
        ? `in use by process ${record.owner.pid}`
        : `left behind by process ${record.owner.pid}`
      : "up";
    findings.push({
      what: `cluster ${record.id}`,
      ok: live,
      says,
      ...(live ? {} : { mend: `jepsen-ts cluster down ${record.id}` }),
    });
  }
  return findings;
}

/** Whether the kernel makes the namespaces and the overlay of a local node. */
async function kernelFinding(): Promise<Finding> {
  const script =
    "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/r && mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/r";
  try {
    await hostCommand(["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "sh", "-c", script]);
    return { what: "kernel", ok: true, says: "namespaces and overlay work" };
  } catch (error) {
    return { what: "kernel", ok: false, says: messageOf(error), mend: "use --nodes with machines of your own" };
  }
}

async function nodeFindings(cluster: Cluster): Promise<readonly Finding[]> {
  const outcomes = await onNodes(cluster.nodes, async (node): Promise<Finding[]> => {
    const session = await cluster.session(node);
    const uid = await execOk(session, ["id", "-u"]);
    const missing = await missingPrograms(session, NODE_PROGRAMS);
    const findings: Finding[] = [{ what: node, ok: true, says: `reached as ${cluster.address(node)}` }];
    if (uid !== "0") findings.push({ what: node, ok: false, says: "who logs in is not root", mend: "use --sudo" });
    if (missing.length > 0)
      findings.push({ what: node, ok: false, says: `lacks ${missing.join(", ")}`, mend: `install them on ${node}` });
    const holder = await nodeHolder(session);
    if (holder?.alive)
      findings.push({ what: node, ok: true, says: `in use by run ${holder.run} (control process ${holder.control})` });
    else if (holder) {
      const faults = holder.faults.length > 0 ? `, faults in force: ${holder.faults.join(", ")}` : "";
      findings.push({
        what: node,
        ok: false,
        says: `leftovers of run ${holder.run}${faults}`,
        mend: "jepsen-ts heal, with the same flags",
      });
    }
    const notes = holder?.alive ? [] : lastNotes(holder); // what a live run has done is its own matter
    return [...findings, ...notes.map((says) => ({ what: node, ok: false, says }))];
  });
  return outcomes.flatMap((outcome) =>
    "error" in outcome ? [{ what: outcome.node, ok: false, says: messageOf(outcome.error) }] : outcome.value,
  );
}

/** What was done to a node for good, the latest; and how much more there was. */
function lastNotes(holder: NodeHolder | undefined): readonly string[] {
  const notes = holder?.notes ?? [];
  const more = notes.length - NOTES_MAX;
  return [...(more > 0 ? [`${more} earlier notes are not shown.`] : []), ...notes.slice(-NOTES_MAX)];
}

function print(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const { what, ok, says, mend } of findings) {
    const mark = ok ? colors.out.green("ok") : colors.out.red("no");
    process.stdout.write(
      `${mark}  ${what.padEnd(width)}  ${says}${mend ? `\n${" ".repeat(width + 6)}→ ${mend}` : ""}\n`,
    );
  }
}

/** The named nodes, or this host's containers, if there are any; a doctor makes no nodes. */
async function namedCluster(flags: Record<string, unknown>): Promise<Cluster | undefined> {
  const options = parseFlags(clusterOptions, flags) as ClusterOptions;
  const chosen = await chosenCluster(options);
  if (chosen !== "local") return chooseCluster(options, "look");
  refuseIdle(options, "none"); // none are made here
  return undefined;
}

/** `doctor`: what works on this machine and on these nodes, and what mends the rest. */
export function doctorCommand(): Command {
  const command = new Command("doctor").description(
    "say what works on this machine and on these nodes, and what mends the rest",
  );
  addFlags(command, clusterOptions, "Nodes:");
  command.option("--json", "print one JSON object");
  command.action(async (flags: Record<string, unknown>) => {
    const cluster = await namedCluster(flags);
    const findings = [...(cluster ? [] : await hostFindings())];
    if (cluster) {
      try {
        // each unreachable node becomes a finding of its own below
        await cluster.up().catch((error: unknown) => {
          const ofNode = isJepsenError(error, "environment") && cluster instanceof InventoryCluster;
          if (!ofNode && !isJepsenError(error, "connect", "timeout")) throw error;
        });
        findings.push(...(await nodeFindings(cluster)));
      } finally {
        await cluster.down({ destroy: false });
      }
    }
    if (flags.json) process.stdout.write(`${JSON.stringify({ findings })}\n`);
    else print(findings);
    process.exitCode = findings.every(({ ok }) => ok) ? EXIT.valid : EXIT.usage;
  });
  return command;
}

/** `heal`: undoes faults that a run left on nodes, and takes its marks away. */
export function healCommand(): Command {
  const command = new Command("heal").description(
    "undo and remove what a run that is over left on nodes; what cannot be undone is told",
  );
  addFlags(command, clusterOptions, "Nodes:");
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
      await cluster.up();
      const outcomes = await onNodes(cluster.nodes, async (node) => {
        const session = await cluster.session(node);
        const holder = await nodeHolder(session);
        if (!holder) return ["nothing was left"];
        if (holder.alive && flags.force !== true)
          return [`in use by run ${holder.run}: left alone (--force overrides)`];
        const undone = await healNode(session);
        const removed = `removed what run ${holder.run} left${undone.length > 0 ? `; undone: ${undone.join(", ")}` : ""}`;
        return [removed, ...lastNotes(holder).map((note) => `not undone: ${note}`)];
      });
      for (const outcome of outcomes) {
        const lines = "error" in outcome ? [messageOf(outcome.error)] : outcome.value;
        for (const line of lines) process.stdout.write(`${outcome.node}  ${line}\n`);
      }
      process.exitCode = outcomes.some((outcome) => "error" in outcome) ? EXIT.harness : EXIT.valid;
    } finally {
      await cluster.down({ destroy: false });
    }
  });
  return command;
}
