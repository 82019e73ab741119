import { Command } from "commander";
import { hostCommand } from "../cluster/host-command.ts";
import { allRecords, type ClusterRecord, goneNodes } from "../cluster/local/registry.ts";
import { isAlive } from "../cluster/process-identity.ts";
import { execOk, missingPrograms } from "../control/exec.ts";
import { nodeHolder } from "../control/node-guard.ts";
import { onNodes } from "../control/on-nodes.ts";
import { runningDaemons } from "../control/running-daemons.ts";
import { messageOf } from "../errors.ts";
import type { Cluster } from "../test.ts";
import { colors } from "./colors.ts";
import { EXIT } from "./exit-codes.ts";
import { daemonNames, lastNotes } from "./leftovers.ts";
import { namedCluster, namedNodes, reachNodes } from "./named-cluster.ts";
import { addFlags } from "./option-flags.ts";

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
  for (const record of await allRecords()) findings.push(await clusterFinding(record));
  return findings;
}

/** Whether a local cluster's maker and nodes still live. */
async function clusterFinding(record: ClusterRecord): Promise<Finding> {
  const { id, owner } = record;
  const what = `cluster ${id}`;
  const mend = `jepsen-ts cluster down ${id}`;
  if (owner && !(await isAlive(owner))) return { what, ok: false, says: `left behind by process ${owner.pid}`, mend };
  if (owner) return { what, ok: true, says: `in use by process ${owner.pid}` };
  const gone = await goneNodes(record);
  if (gone.length > 0) return { what, ok: false, says: `its node ${gone.join(", ")} is gone`, mend };
  return { what, ok: true, says: "up" };
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
    if (holder?.alive) return findings; // what a live run has done is its own matter
    const daemons = await runningDaemons(session);
    if (daemons.length > 0) {
      const { id } = cluster.describe();
      const down = cluster.kind === "local" ? `, or jepsen-ts cluster down ${id}` : "";
      const mend = `the next run of the same suite ends it, as does kill ${daemons.map(({ pid }) => pid).join(" ")} on ${node}${down}`;
      findings.push({
        what: node,
        ok: holder === undefined,
        says: `${daemonNames(daemons)} of a run that is over still runs`,
        mend,
      });
    }
    return [...findings, ...lastNotes(holder).map((says) => ({ what: node, ok: false, says }))];
  });
  return outcomes.flatMap((outcome) =>
    "error" in outcome ? [{ what: outcome.node, ok: false, says: messageOf(outcome.error) }] : outcome.value,
  );
}

/** The findings, with what is said alike of every node said once, where the first node says it. */
function saidOnce(findings: readonly Finding[], nodes: readonly string[]): readonly Finding[] {
  const textOf = (what: string, { ok, says, mend }: Finding) => JSON.stringify([what, ok, says, mend]);
  const said = new Set(findings.map((finding) => textOf(finding.what, finding)));
  const isCommon = (finding: Finding) => nodes.length > 1 && nodes.every((node) => said.has(textOf(node, finding)));
  return findings.flatMap((finding) => {
    if (!isCommon(finding)) return [finding];
    return finding.what === nodes[0] ? [{ ...finding, what: "all nodes" }] : [];
  });
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

/** `doctor`: what works on this machine and on these nodes, and what mends the rest. */
export function doctorCommand(): Command {
  const command = new Command("doctor").description(
    "say what works on this machine and on these nodes, and what mends the rest",
  );
  addFlags(command, namedNodes, "Nodes:");
  command.option("--json", "print one JSON object");
  command.action(async (flags: Record<string, unknown>) => {
    const cluster = await namedCluster(flags);
    const findings = [...(cluster ? [] : await hostFindings())];
    if (cluster) {
      try {
        await reachNodes(cluster);
        findings.push(...(await nodeFindings(cluster)));
      } finally {
        await cluster.down({ destroy: false });
      }
    }
    if (flags.json) process.stdout.write(`${JSON.stringify({ findings })}\n`);
    else print(saidOnce(findings, cluster?.nodes ?? []));
    process.exitCode = findings.every(({ ok }) => ok) ? EXIT.valid : EXIT.usage;
  });
  return command;
}
