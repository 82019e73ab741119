import { canKill, canStop } from "../../src/abilities.ts";
import { monotonicMs, sleep } from "../../src/clock.ts";
import { onAllNodes, onNodes } from "../../src/control/on-nodes.ts";
import { JepsenError } from "../../src/errors.ts";
import { judged, skipped } from "../../src/fault-completion.ts";
import type { Completion, Invocation, Nemesis, Test } from "../../src/test.ts";
import { failuresOf, onEachNode, reasons } from "../reasons.ts";
import { resolveTargets } from "../targets.ts";
import {
  type DbProcessEntry,
  hasEnded,
  lookAt,
  type NodeProcesses,
  nameOf,
  revived,
  shownAll,
} from "./process-table.ts";

/** How long the end of a run tries to start what its faults have ended. */
const HEAL_MS = 20_000;
const HEAL_PAUSE_MS = 500;

/** How a family ends processes, and what it calls its operations. */
export interface DownWords {
  readonly family: string;
  /** `kill`, `stop`: it stays down until it is started. */
  readonly end?: string;
  readonly start?: string;
  /** Ends and starts it in one operation. */
  readonly restart?: string;
  readonly heal: string;
  /** In a note on the node: "killed with SIGKILL". */
  readonly how: string;
  readonly graceful: boolean;
}

/** What was ended on a node and is not started again. */
interface Ended {
  readonly before: NodeProcesses;
}

/**
 * Ends the database's processes and starts them again. Evidence is the nodes' own process tables: every process that
 * ran before is gone, and none with its command has taken its place until it is started.
 */
export class DownNemesis implements Nemesis {
  readonly fs: ReadonlySet<string>;
  readonly #words: DownWords;
  readonly #roles: readonly string[] | undefined;
  readonly #down = new Map<string, Ended>();
  /** Every node on which this family has ever ended something. */
  readonly #struck = new Set<string>();

  /** `roles`: only daemons of these; all when left out. */
  constructor(words: DownWords, roles?: readonly string[]) {
    this.#words = words;
    this.#roles = roles;
    const { end, start, restart, heal } = words;
    this.fs = new Set([end, start, restart, heal].filter((f) => f !== undefined));
  }

  async invoke(test: Test, op: Invocation): Promise<Completion> {
    switch (op.f) {
      case this.#words.end:
        return this.#end(test, op);
      case this.#words.start:
        return this.#start(test);
      case this.#words.restart:
        return this.#restart(test, op);
      default:
        return this.#heal(test);
    }
  }

  async teardown(test: Test): Promise<void> {
    await onAllNodes([...this.#down.keys()], (node) => this.#startOn(test, node));
  }

  async #end(test: Test, op: Invocation): Promise<Completion> {
    const struck = await this.#strike(test, op.value);
    if ("none" in struck) return skipped(struck.none);
    const { nodes, value, failures } = struck;
    const after = await onAllNodes(nodes, (node) => lookAt(test, node, this.#roles));
    const problems = [...failures];
    const findings: string[] = [];
    for (const node of nodes) {
      const { before } = this.#down.get(node) as Ended;
      const now = after.get(node) as NodeProcesses;
      problems.push(...remaining(node, before, now), ...replaced(node, before, now));
      findings.push(`${node}: ${before.running.map(nameOf).join(", ")} ran and ${gone(before)}.`);
    }
    return judged(value, {
      findings: problems.length > 0 ? [] : findings,
      problems,
      details: this.#details(nodes, after),
    });
  }

  async #start(test: Test): Promise<Completion> {
    const nodes = test.nodes.filter((node) => this.#down.has(node));
    if (nodes.length === 0) return skipped(`nothing that ${this.#words.family} ended is down`);
    const ended = new Map(this.#down);
    const { found: until, failures } = await onEachNode(nodes, (node) => lookAt(test, node, this.#roles));
    const others = [...until].flatMap(([node, now]) => replaced(node, (ended.get(node) as Ended).before, now));
    const started = await onNodes(nodes, (node) => this.#startOn(test, node));
    const { found: after, failures: unseen } = await onEachNode(nodes, (node) => lookAt(test, node, this.#roles));
    const { findings, problems: dead } = running([...after.keys()], ended, after);
    const problems = [...others, ...new Set([...failures, ...failuresOf(started), ...unseen]), ...dead];
    const details = { before: shownAll(until), after: shownAll(after) };
    const words = problems.length > 0 ? findings : ["Until then nothing ran there.", ...findings];
    return judged({ nodes }, { findings: words, problems, details });
  }

  async #restart(test: Test, op: Invocation): Promise<Completion> {
    const struck = await this.#strike(test, op.value);
    if ("none" in struck) return skipped(struck.none);
    const { nodes, value } = struck;
    const ended = new Map(this.#down);
    const started = await onNodes(nodes, (node) => this.#startOn(test, node));
    const problems = [...struck.failures, ...failuresOf(started)];
    const after = await onAllNodes(nodes, (node) => lookAt(test, node, this.#roles));
    for (const node of nodes)
      problems.push(...remaining(node, (ended.get(node) as Ended).before, after.get(node) as NodeProcesses));
    const { findings, problems: dead } = running(nodes, ended, after);
    const before = new Map([...ended].map(([node, each]) => [node, each.before]));
    const details = { before: shownAll(before), after: shownAll(after) };
    return judged(value, { findings, problems: [...problems, ...dead], details });
  }

  /** The final word: whatever this family has ended runs again, however long other faults still hinder it. */
  async #heal(test: Test): Promise<Completion> {
    const deadline = monotonicMs() + HEAL_MS;
    const nodes = test.nodes.filter((node) => this.#struck.has(node));
    for (;;) {
      await onNodes([...this.#down.keys()], (node) => this.#startOn(test, node));
      const { found: now, failures } = await onEachNode(nodes, (node) => lookAt(test, node, this.#roles));
      const seen = [...now.keys()];
      const idle = seen.filter((node) => now.get(node)?.running.length === 0);
      if (idle.length === 0 || monotonicMs() > deadline) {
        const found = seen.length > 0 ? [`The database runs on ${seen.join(", ")}.`] : [];
        const findings = nodes.length === 0 ? ["Nothing was ended."] : found;
        const problems = [...failures, ...idle.map((node) => `No process of the database runs on ${node}.`)];
        return judged(undefined, { findings: idle.length > 0 ? [] : findings, problems, details: shownAll(now) });
      }
      for (const node of idle) this.#down.set(node, { before: { running: [], table: new Map() } });
      await sleep(HEAL_PAUSE_MS);
    }
  }

  /** Ends what runs on the targets; `none` when nothing does. */
  async #strike(test: Test, asked: unknown) {
    const targets = await resolveTargets(test, asked);
    if ("none" in targets) return targets;
    const looks = await onAllNodes(targets.nodes, (node) => lookAt(test, node, this.#roles));
    const nodes = targets.nodes.filter((node) => (looks.get(node)?.running.length ?? 0) > 0);
    const idle = targets.nodes.filter((node) => !nodes.includes(node));
    const left = Object.fromEntries(idle.map((node) => [node, "no process of the database runs there"]));
    if (nodes.length === 0) return { none: reasons(left) };
    const outcomes = await onNodes(nodes, async (node) => {
      const before = looks.get(node) as NodeProcesses;
      const sentence = `${before.running.map(nameOf).join(", ")} is ${this.#words.how} by the fault ${this.#words.family}.`;
      await test.guard(node).note(sentence);
      this.#down.set(node, { before });
      this.#struck.add(node);
      if (!this.#words.graceful && canKill(test.db)) await test.db.kill(test, node, this.#roles);
      else if (canStop(test.db)) await test.db.stop(test, node, this.#roles);
    });
    const kind = (asked as { targets?: string } | null)?.targets;
    const value = { ...(kind ? { targets: kind } : {}), nodes, ...(idle.length > 0 ? { skipped: left } : {}) };
    return { nodes, value, failures: failuresOf(outcomes) };
  }

  async #startOn(test: Test, node: string): Promise<void> {
    if (!canKill(test.db)) throw new JepsenError("internal", "The database cannot be started.");
    await test.db.start(test, node, this.#roles);
    this.#down.delete(node);
    await test.guard(node).note(`The database is started again after the fault ${this.#words.family}.`);
  }

  #details(nodes: readonly string[], after: ReadonlyMap<string, NodeProcesses>) {
    const before = new Map(nodes.map((node) => [node, (this.#down.get(node) as Ended).before]));
    return { before: shownAll(before), after: shownAll(after) };
  }
}

function gone({ running }: NodeProcesses): string {
  return running.length === 1 ? "is gone" : "are gone";
}

function remaining(node: string, before: NodeProcesses, now: NodeProcesses): readonly string[] {
  return before.running
    .filter((process) => !hasEnded(now.table, process))
    .map((process) => `${node}: ${nameOf(process)} is still there, in state ${now.table.get(process.pid)?.state}.`);
}

function replaced(node: string, before: NodeProcesses, now: NodeProcesses): readonly string[] {
  const others = new Map<number, string>(
    revived(before, now).map(({ pid, command }) => [pid, command.split(" ")[0] ?? ""]),
  );
  for (const { pid, role } of now.running) others.set(pid, role);
  for (const { pid } of before.running) others.delete(pid);
  return [...others].map(
    ([pid, name]) => `${node}: ${nameOf({ role: name, pid })} runs there although nobody here started it.`,
  );
}

/** Whether each node runs the database again, in processes that were not there before. */
function running(
  nodes: readonly string[],
  ended: ReadonlyMap<string, Ended>,
  after: ReadonlyMap<string, NodeProcesses>,
) {
  const findings: string[] = [];
  const problems: string[] = [];
  for (const node of nodes) {
    const now: readonly DbProcessEntry[] = after.get(node)?.running ?? [];
    const old = ended.get(node)?.before.running ?? [];
    const fresh = now.filter(
      ({ pid, startTicks }) => !old.some((each) => each.pid === pid && each.startTicks === startTicks),
    );
    if (fresh.length < Math.max(1, old.length)) problems.push(`${node}: not everything that was ended runs again.`);
    else findings.push(`${node}: ${fresh.map(nameOf).join(", ")} runs now.`);
  }
  return { findings, problems };
}
