import { canPause } from "../../src/abilities.ts";
import { onAllNodes, onNodes } from "../../src/control/on-nodes.ts";
import { JepsenError } from "../../src/errors.ts";
import { judged, skipped } from "../../src/fault-completion.ts";
import type { Completion, Invocation, Nemesis, Test } from "../../src/test.ts";
import { Hold } from "../hold.ts";
import { failuresOf, onEachNode, reasons } from "../reasons.ts";
import { resolveTargets } from "../targets.ts";
import { type DbProcessEntry, hasEnded, lookAt, type NodeProcesses, nameOf, shownAll } from "./process-table.ts";

/**
 * Freezes the database's processes and thaws them. Evidence is the kernel's: state T, and not one tick of processor
 * time between the pause and the resume; a process that somebody thawed in between has used some.
 */
export class PauseNemesis implements Nemesis {
  readonly fs = new Set(["pause", "resume", "heal-pause"]);
  readonly #roles: readonly string[] | undefined;
  readonly #hold = new Hold("pause");
  /** What was paused, as it was right after. */
  readonly #paused = new Map<string, readonly DbProcessEntry[]>();

  /** `roles`: only daemons of these; all when left out. */
  constructor(roles?: readonly string[]) {
    this.#roles = roles;
  }

  async invoke(test: Test, op: Invocation): Promise<Completion> {
    if (op.f === "pause") return this.#pause(test, op.value);
    return op.f === "resume" ? this.#resume(test) : this.#heal(test);
  }

  async teardown(test: Test): Promise<void> {
    await onAllNodes(this.#hold.nodes, (node) => this.#thaw(test, node));
  }

  async #pause(test: Test, asked: unknown): Promise<Completion> {
    const targets = await resolveTargets(test, asked);
    if ("none" in targets) return skipped(targets.none);
    const looks = await onAllNodes(targets.nodes, (node) => lookAt(test, node, this.#roles));
    const left: Record<string, string> = Object.fromEntries(
      targets.nodes.flatMap((node) => {
        const { running } = looks.get(node) as NodeProcesses;
        if (running.length === 0) return [[node, "no process of the database runs there"]];
        return running.every(({ state }) => state === "T") ? [[node, "it is paused already"]] : [];
      }),
    );
    const nodes = targets.nodes.filter((node) => !(node in left));
    if (nodes.length === 0) return skipped(reasons(left));
    const outcomes = await onNodes(nodes, async (node) => {
      await this.#hold.begin(test, node, undoScript(looks.get(node)?.running ?? []));
      if (canPause(test.db)) await test.db.pause(test, node, this.#roles);
    });
    const after = await onAllNodes(nodes, (node) => lookAt(test, node, this.#roles));
    const vanished = nodes.filter((node) =>
      isVanished(looks.get(node) as NodeProcesses, after.get(node) as NodeProcesses),
    );
    for (const node of vanished) {
      left[node] = "its processes ended just then";
      await this.#hold.end(test, node);
    }
    const struck = nodes.filter((node) => !vanished.includes(node));
    if (struck.length === 0) return skipped(reasons(left));
    const problems = failuresOf(outcomes.filter(({ node }) => struck.includes(node)));
    const findings: string[] = [];
    for (const node of struck) {
      const before = looks.get(node) as NodeProcesses;
      const now = after.get(node) as NodeProcesses;
      this.#paused.set(node, now.running);
      problems.push(...moving(node, before.running, now));
      findings.push(`${node}: ${now.running.map(nameOf).join(", ")} stands still in state T.`);
    }
    const kind = (asked as { targets?: string } | null)?.targets;
    const value = {
      ...(kind ? { targets: kind } : {}),
      nodes,
      ...(Object.keys(left).length > 0 ? { skipped: left } : {}),
    };
    const details = { before: shownAll(looks), after: shownAll(after) };
    return judged(value, { findings: problems.length > 0 ? [] : findings, problems, details });
  }

  async #resume(test: Test): Promise<Completion> {
    const paused = test.nodes.filter((node) => this.#hold.nodes.includes(node));
    if (paused.length === 0) return skipped("nothing is paused");
    const { found: until, failures } = await onEachNode(paused, (node) => lookAt(test, node, this.#roles));
    const nodes = [...until.keys()]; // one that cannot be reached must not keep the others paused
    const taken = nodes.filter((node) => isTaken(this.#paused.get(node) ?? [], until.get(node) as NodeProcesses));
    const left = Object.fromEntries(taken.map((node) => [node, "its processes ended while they were paused"]));
    const held = nodes.filter((node) => !taken.includes(node));
    const problems = [
      ...failures,
      ...held.flatMap((node) => stirred(node, this.#paused.get(node) ?? [], until.get(node) as NodeProcesses)),
    ];
    problems.push(...(await this.#hold.lapses(test)));
    const thawed = await onNodes(nodes, (node) => this.#thaw(test, node));
    problems.push(...failuresOf(thawed));
    if (held.length === 0 && problems.length === 0) return skipped(reasons(left));
    const { found: after, failures: unseen } = await onEachNode(nodes, (node) => lookAt(test, node, this.#roles));
    problems.push(...unseen, ...[...after].flatMap(([node, now]) => still(node, now)));
    const findings = [`It stood still on ${held.join(", ")} until then, and runs now.`];
    const value = { nodes: held, ...(taken.length > 0 ? { skipped: left } : {}) };
    const details = { before: shownAll(until), after: shownAll(after) };
    return judged(value, { findings: problems.length > 0 ? [] : findings, problems, details });
  }

  /** The final word: no process of the database stands still anywhere. */
  async #heal(test: Test): Promise<Completion> {
    const thawed = await onNodes(this.#hold.nodes, (node) => this.#thaw(test, node));
    const { found: now, failures } = await onEachNode(test.nodes, (node) => lookAt(test, node, this.#roles));
    const standing = [...now].flatMap(([node, looked]) => still(node, looked));
    const problems = [...new Set([...failuresOf(thawed), ...failures]), ...standing];
    const where = now.size === test.nodes.length ? "any node" : [...now.keys()].join(", ");
    const findings = [`No process of the database stands still on ${where}.`];
    return judged(undefined, { findings: standing.length > 0 ? [] : findings, problems, details: shownAll(now) });
  }

  async #thaw(test: Test, node: string): Promise<void> {
    const { running } = await lookAt(test, node, this.#roles);
    if (!canPause(test.db)) throw new JepsenError("internal", "The database cannot be resumed.");
    if (running.length > 0) await test.db.resume(test, node, this.#roles); // what was killed meanwhile needs no thaw
    await this.#hold.end(test, node);
    this.#paused.delete(node);
  }
}

/**
 * Thaws exactly these processes, and their groups where they lead one, unless a pid belongs to another process by now
 * (field 22 of stat is the start).
 */
function undoScript(processes: readonly DbProcessEntry[]): string {
  const lines = processes.map(({ pid, startTicks }) => `thaw ${pid} ${startTicks}`).join("\n");
  return `thaw() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  pid=$1; start=$2; rest=\${stat##*) }; set -- $rest
  [ "\${20}" = "$start" ] || return 0
  kill -s CONT -- "-$pid" 2>/dev/null || kill -s CONT "$pid" 2>/dev/null || return 0
}
${lines}
`;
}

/** Another fault took the processes away while they were to be paused: nothing of them is there, and nothing stands still. */
function isVanished(before: NodeProcesses, now: NodeProcesses): boolean {
  return (
    before.running.every((process) => hasEnded(now.table, process)) && now.running.every(({ state }) => state !== "T")
  );
}

/** Processes that ought to stand still and do not. */
function moving(node: string, before: readonly DbProcessEntry[], now: NodeProcesses): readonly string[] {
  return before.flatMap((process) => {
    const entry = sameOf(now, process);
    if (entry === undefined) return [`${node}: ${nameOf(process)} has ended.`];
    return entry.state === "T" ? [] : [`${node}: ${nameOf(process)} goes on, in state ${entry.state}.`];
  });
}

function sameOf({ running }: NodeProcesses, { pid, startTicks }: DbProcessEntry): DbProcessEntry | undefined {
  return running.find((entry) => entry.pid === pid && entry.startTicks === startTicks);
}

/** Another fault ended what was paused: it was neither thawed nor is there anything to thaw. */
function isTaken(paused: readonly DbProcessEntry[], now: NodeProcesses): boolean {
  return paused.length > 0 && paused.every((process) => hasEnded(now.table, process));
}

/** Processes that were paused, and did not stand still all the time until now. */
function stirred(node: string, paused: readonly DbProcessEntry[], now: NodeProcesses): readonly string[] {
  return paused.flatMap((process) => {
    const entry = sameOf(now, process);
    if (entry === undefined) return [`${node}: ${nameOf(process)} ended while it was paused.`];
    if (entry.state !== "T")
      return [`${node}: ${nameOf(process)} had been thawed before: it is in state ${entry.state}.`];
    const ticks = entry.cpuTicks - process.cpuTicks;
    return ticks > 0 ? [`${node}: ${nameOf(process)} used ${ticks} ticks of processor time while it was paused.`] : [];
  });
}

function still(node: string, { running }: NodeProcesses): readonly string[] {
  return running
    .filter(({ state }) => state === "T")
    .map((process) => `${node}: ${nameOf(process)} still stands still.`);
}
