import { awaitTrue } from "../../src/control/daemon.ts";
import { execOk } from "../../src/control/exec.ts";
import { onAllNodes } from "../../src/control/on-nodes.ts";
import type { Test } from "../../src/test.ts";
import { gluster, glusterOk } from "./cli.ts";
import { BRICK, VOLUME } from "./paths.ts";
import { listProcesses } from "./processes.ts";

const START_TIMEOUT_MS = 15_000;
const POLL_PAUSE_MS = 200;

/** Nodes by the addresses of the bricks in what `gluster volume info` says; an address of no node stands for itself. */
export function parseBricks(info: string, nodeOf: ReadonlyMap<string, string>): readonly string[] {
  return [...info.matchAll(/^Brick\d+: ([^:\s]+):/gm)].map(([, address = ""]) => nodeOf.get(address) ?? address);
}

/** How many entries of all bricks wait to be healed, by `gluster volume heal … info`; undefined when a brick did not say. */
export function parsePendingHeals(info: string): number | undefined {
  const counts = [...info.matchAll(/^Number of entries: (\S+)/gm)].map(([, count]) => Number(count));
  if (counts.length === 0 || counts.some(Number.isNaN)) return undefined;
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Which nodes hold bricks, as this node's glusterd sees it; undefined when it does not answer. */
export async function bricksSeenBy(test: Test, node: string): Promise<readonly string[] | undefined> {
  const nodeOf = new Map(test.nodes.map((each) => [test.cluster.address(each), each]));
  const { code, stdout } = await gluster(await test.cluster.session(node), ["volume", "info", VOLUME]);
  return code === 0 ? parseBricks(stdout, nodeOf) : undefined;
}

/** How many entries wait to be healed; undefined when a brick cannot be asked. */
export async function pendingHeals(test: Test, via: string): Promise<number | undefined> {
  const { stdout } = await gluster(await test.cluster.session(via), ["volume", "heal", VOLUME, "info"]);
  return parsePendingHeals(stdout);
}

/** Takes the node's brick out of a replicated volume; `left` copies remain. Its process has to be gone before. */
export async function removeBrick(test: Test, node: string, via: string, left: number): Promise<void> {
  const brick = `${test.cluster.address(node)}:${BRICK}`;
  const command = ["volume", "remove-brick", VOLUME, "replica", String(left), brick, "force"];
  await glusterOk(await test.cluster.session(via), command, "remote");
}

/** Gives a replicated volume an empty brick on the node, for `copies` in all, and waits until its process runs. */
export async function addBrick(test: Test, node: string, via: string, copies: number): Promise<void> {
  const session = await test.cluster.session(node);
  await execOk(session, ["rm", "-rf", BRICK]); // Gluster refuses a brick that was one before
  const brick = `${test.cluster.address(node)}:${BRICK}`;
  const command = ["volume", "add-brick", VOLUME, "replica", String(copies), brick, "force"];
  await glusterOk(await test.cluster.session(via), command, "remote");
  await awaitTrue(
    async () => (await listProcesses(session, ["brick"])).length > 0,
    `The new brick on ${node} did not start within ${START_TIMEOUT_MS / 1000} s.`,
    { timeoutMs: START_TIMEOUT_MS, pauseMs: POLL_PAUSE_MS },
  );
}

/** What every node that answers takes for the bricks: the same list for all of them, or undefined while they differ. */
export async function agreedBricks(
  test: Test,
): Promise<{ readonly bricks: readonly string[] | undefined; readonly answering: readonly string[] }> {
  const seen = await onAllNodes(test.nodes, (node) => bricksSeenBy(test, node));
  const answering = test.nodes.filter((node) => seen.get(node) !== undefined);
  const views = new Set(answering.map((node) => seen.get(node)?.join(" ")));
  return { bricks: views.size === 1 ? seen.get(answering[0] as string) : undefined, answering };
}
