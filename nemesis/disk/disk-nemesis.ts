import { z } from "zod";
import { hasDataFiles } from "../../src/abilities.ts";
import { shellWord } from "../../src/control/argv.ts";
import { execOk } from "../../src/control/exec.ts";
import { onAllNodes, onNodes } from "../../src/control/on-nodes.ts";
import { JepsenError } from "../../src/errors.ts";
import { judged, skipped } from "../../src/fault-completion.ts";
import type { Completion, Invocation, Nemesis, Session, Test } from "../../src/test.ts";
import { Hold } from "../hold.ts";
import { failuresOf, onEachNode, reasons } from "../reasons.ts";
import { resolveTargets, targetsSchema } from "../targets.ts";
import { availableMemory, ballastPath, canWrite, fill, freeSpace } from "./free-space.ts";

const MIB = 1 << 20;
/** A disk in memory is not filled beyond this: the machine must live. */
const MEMORY_RESERVE_BYTES = 1024 * MIB;
/** Beyond the reserve, what file systems round and databases free meanwhile. */
const SLACK_BYTES = 8 * MIB;

/** What its operation may say. */
export const diskSchema = targetsSchema.extend({
  /** What is left free. */
  reserveBytes: z
    .int()
    .min(0)
    .max(2 ** 40)
    .default(MIB),
});

/** The value of a `fill-disk` as a script may give it. */
export type DiskValue = z.input<typeof diskSchema>;

interface Filled {
  readonly directory: string;
  readonly path: string;
  readonly reserveBytes: number;
}

/**
 * Fills the disk that holds the database's data with a ballast file, down to a reserve, and takes it away again.
 * Evidence: df's free bytes, a write of more than the reserve that fails while the disk is full (where the reserve is so
 * small that the try itself takes nothing away from the database), and one that succeeds after.
 */
export class DiskNemesis implements Nemesis {
  readonly fs = new Set(["fill-disk", "free-disk", "heal-disk"]);
  readonly #hold = new Hold("disk");
  readonly #filled = new Map<string, Filled>();

  async invoke(test: Test, op: Invocation): Promise<Completion> {
    if (op.f === "fill-disk") return this.#fill(test, op.value);
    return op.f === "free-disk" ? this.#free(test) : this.#heal(test);
  }

  async teardown(test: Test): Promise<void> {
    await onAllNodes(this.#hold.nodes, (node) => this.#release(test, node));
  }

  async #fill(test: Test, value: unknown): Promise<Completion> {
    const parsed = diskSchema.safeParse(value);
    if (!parsed.success) return skipped(`fill-disk cannot be done with ${JSON.stringify(value)}`);
    const { reserveBytes } = parsed.data;
    const targets = await resolveTargets(test, parsed.data);
    if ("none" in targets) return skipped(targets.none);
    const left: Record<string, string> = {};
    const before = await onAllNodes(targets.nodes, (node) => this.#look(test, node));
    for (const node of targets.nodes) {
      const reason = this.#filled.has(node)
        ? "its disk is full already"
        : unfillable(before.get(node) as Look, reserveBytes);
      if (reason !== undefined) left[node] = reason;
    }
    const nodes = targets.nodes.filter((node) => !(node in left));
    if (nodes.length === 0) return skipped(reasons(left));
    const outcomes = await onNodes(nodes, async (node) => {
      const session = await test.cluster.session(node);
      const { directory, availableBytes } = before.get(node) as Look;
      const path = await ballastPath(session, directory);
      await this.#hold.begin(test, node, `rm -f ${shellWord(path)}\n`);
      this.#filled.set(node, { directory, path, reserveBytes });
      await fill(session, path, availableBytes - reserveBytes);
    });
    const after = await onAllNodes(nodes, (node) => this.#look(test, node));
    const problems = failuresOf(outcomes);
    problems.push(...(await this.#roomOn(test, nodes)));
    const findings = nodes.map((node) => {
      const was = mib((before.get(node) as Look).availableBytes);
      return `${node}: ${mib((after.get(node) as Look).availableBytes)} MiB are free, ${was} MiB were.`;
    });
    const result = { nodes, reserveBytes, ...(Object.keys(left).length > 0 ? { skipped: left } : {}) };
    return judged(result, { findings: problems.length > 0 ? [] : findings, problems, details: details(before, after) });
  }

  async #free(test: Test): Promise<Completion> {
    const nodes = test.nodes.filter((node) => this.#filled.has(node));
    if (nodes.length === 0) return skipped("no disk is full");
    const { found: before, failures } = await onEachNode(nodes, (node) => this.#look(test, node));
    const room = await this.#roomOn(test, [...before.keys()]);
    const lapses = await this.#hold.lapses(test);
    const after = await this.#emptied(test, nodes);
    const problems = [...new Set([...failures, ...room, ...lapses, ...after.problems])];
    const findings = [`The disks of ${nodes.join(", ")} were full until then.`, ...after.findings];
    return judged(
      { nodes },
      { findings: problems.length > 0 ? [] : findings, problems, details: details(before, after.looks) },
    );
  }

  /** The final word: no ballast is left, and every disk takes a write again. */
  async #heal(test: Test): Promise<Completion> {
    const { findings, problems, looks } = await this.#emptied(test, test.nodes);
    return judged(undefined, {
      findings: problems.length > 0 ? [] : findings,
      problems,
      details: details(looks, looks),
    });
  }

  /** Takes the ballast away and writes more than any reserve that was left. */
  async #emptied(test: Test, nodes: readonly string[]) {
    const reserves = new Map([...this.#filled].map(([node, { reserveBytes }]) => [node, reserveBytes]));
    const held = failuresOf(await onNodes(this.#hold.nodes, (node) => this.#release(test, node)));
    const { found, failures } = await onEachNode(nodes, async (node) => {
      const { directory } = await this.#look(test, node);
      const bytes = (reserves.get(node) ?? 0) + SLACK_BYTES;
      const isWritable = await canWrite(await test.cluster.session(node), directory, bytes);
      return { isWritable, look: await this.#look(test, node) };
    });
    const problems = [...new Set([...held, ...failures])];
    for (const [node, { isWritable }] of found)
      if (!isWritable)
        problems.push(`${node}: its disk takes no write of ${mib(SLACK_BYTES)} MiB although nothing fills it.`);
    const looks = new Map([...found].map(([node, { look }]) => [node, look]));
    const findings = [...looks].map(([node, { availableBytes }]) => `${node}: ${mib(availableBytes)} MiB are free.`);
    return { findings, problems, looks };
  }

  /** Nodes whose disks take more than their reserve although they should be full. */
  async #roomOn(test: Test, nodes: readonly string[]): Promise<readonly string[]> {
    const { found: roomy, failures } = await onEachNode(nodes, async (node) => {
      const { directory, reserveBytes } = this.#filled.get(node) as Filled;
      const { availableBytes } = await this.#look(test, node);
      if (availableBytes > reserveBytes + SLACK_BYTES) return true;
      // a try to write takes the reserve for a moment: only where there is next to none
      return (
        reserveBytes <= SLACK_BYTES && canWrite(await test.cluster.session(node), directory, reserveBytes + SLACK_BYTES)
      );
    });
    const full = nodes.filter((node) => roomy.get(node));
    return [...failures, ...full.map((node) => `${node}: its disk is not full: it has more room than the reserve.`)];
  }

  async #look(test: Test, node: string): Promise<Look> {
    if (!hasDataFiles(test.db)) throw new JepsenError("internal", "The database does not tell where its data is.");
    const session: Session = await test.cluster.session(node);
    const { directory } = await test.db.dataFiles(test, node);
    const [space, memoryBytes] = await Promise.all([freeSpace(session, directory), availableMemory(session)]);
    const isInMemory = space.type === "tmpfs" || (space.type === "overlay" && test.cluster.kind === "local");
    return { ...space, directory, memoryBytes: isInMemory ? memoryBytes : undefined };
  }

  async #release(test: Test, node: string): Promise<void> {
    const filled = this.#filled.get(node);
    if (filled) await execOk(await test.cluster.session(node), ["rm", "-f", filled.path]);
    await this.#hold.end(test, node);
    this.#filled.delete(node);
  }
}

interface Look {
  readonly directory: string;
  readonly availableBytes: number;
  readonly mountPoint: string;
  readonly type: string;
  /** Free memory where the disk is in memory. */
  readonly memoryBytes: number | undefined;
}

/** Why a disk cannot be filled. */
function unfillable({ availableBytes, memoryBytes }: Look, reserveBytes: number): string | undefined {
  const bytes = availableBytes - reserveBytes;
  if (bytes <= SLACK_BYTES) return `only ${mib(availableBytes)} MiB are free there anyway`;
  if (memoryBytes === undefined || bytes <= memoryBytes - MEMORY_RESERVE_BYTES) return undefined;
  return `its disk is in memory, and filling it takes ${mib(bytes)} MiB of the ${mib(memoryBytes)} MiB that are free: make it smaller with --node-disk`;
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}

function details(before: ReadonlyMap<string, Look>, after: ReadonlyMap<string, Look>) {
  const shown = (looks: ReadonlyMap<string, Look>) =>
    Object.fromEntries(
      [...looks].map(([node, { directory, availableBytes, mountPoint, type }]) => [
        node,
        { directory, availableBytes, mountPoint, type },
      ]),
    );
  return { before: shown(before), after: shown(after) };
}
