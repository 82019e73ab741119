import { listsProcesses } from "../../src/abilities.ts";
import { execOk } from "../../src/control/exec.ts";
import { STAND_STILL } from "../../src/control/stand-still.ts";
import type { Session, Test } from "../../src/test.ts";

/** One process of a node, as its kernel shows it in /proc. */
export interface ProcessEntry {
  readonly pid: number;
  /** R running, S sleeping, D in the kernel, T stopped by a signal, Z dead but not reaped. */
  readonly state: string;
  /** When it was started, in clock ticks since boot: a pid with another start is another process. */
  readonly startTicks: number;
  /** What it has used of the processor so far, in clock ticks. */
  readonly cpuTicks: number;
  /** Its command line, or its name in brackets when it has none. */
  readonly command: string;
}

/** Every process of a node by pid. */
export type ProcessTable = ReadonlyMap<number, ProcessEntry>;

/** One command for the whole table: every file's bytes below a line with its name. Processes that end meanwhile are no error. */
const READ = "head -v -c 4096 /proc/[0-9]*/stat /proc/[0-9]*/cmdline 2>/dev/null; exit 0";

/** Reads a node's processes from its /proc. */
export async function readProcessTable(session: Session): Promise<ProcessTable> {
  return parseProcessTable(await execOk(session, ["sh", "-c", READ]));
}

/** Parses what `head -v` gave of the files `stat` and `cmdline`. */
export function parseProcessTable(text: string): ProcessTable {
  const [, ...parts] = text.split(/(?:^|\n)==> \/proc\/(\d+)\/(stat|cmdline) <==(?:\n|$)/);
  const stats = new Map<number, string>();
  const commands = new Map<number, string>();
  for (let i = 0; i + 2 < parts.length; i += 3) {
    const into = parts[i + 1] === "stat" ? stats : commands;
    into.set(Number(parts[i]), parts[i + 2] ?? "");
  }
  const table = new Map<number, ProcessEntry>();
  for (const [pid, stat] of stats) {
    // the name before the last parenthesis may hold spaces and parentheses itself
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const rest = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state] = rest;
    if (!state) continue;
    const number = (field: number) => Number(rest[field - 3]); // fields as proc(5) counts them
    const command = (commands.get(pid) ?? "").replaceAll("\0", " ").trim() || `[${name}]`;
    table.set(pid, { pid, state, startTicks: number(22), cpuTicks: number(14) + number(15), command });
  }
  return table;
}

/** Whether a process has ended: it is not there, or only its record is, or its pid belongs to another one. */
export function hasEnded(table: ProcessTable, { pid, startTicks }: ProcessEntry): boolean {
  const now = table.get(pid);
  return now === undefined || now.startTicks !== startTicks || now.state === "Z" || now.state === "X";
}

/** A process of the database with what the kernel says about it. Its state is T only when all of its threads are stopped. */
export interface DbProcessEntry extends ProcessEntry {
  readonly role: string;
}

/** What runs on a node: the database's processes (of some roles), and the whole table that they were found in. */
export interface NodeProcesses {
  readonly running: readonly DbProcessEntry[];
  readonly table: ProcessTable;
}

/** Looks at a node: who the database's processes are is its own word, how they are is the kernel's. */
export async function lookAt(test: Test, node: string, roles?: readonly string[]): Promise<NodeProcesses> {
  const { db } = test;
  const listed = listsProcesses(db) ? await db.processes(test, node) : [];
  const session = await test.cluster.session(node);
  const table = await readProcessTable(session);
  const moving = await movingThreads(session, [...new Set(listed.map(({ pid }) => pid))]);
  const running = listed.flatMap(({ role, pid }) => {
    const entry = table.get(pid);
    const counts = entry !== undefined && entry.state !== "Z" && entry.state !== "X";
    if (!counts || (roles !== undefined && !roles.includes(role))) return [];
    return [{ ...entry, state: entry.state === "T" ? (moving.get(pid) ?? "T") : entry.state, role }];
  });
  return { running, table };
}

/** The state of a thread that is not stopped, for each of these processes that has one. */
async function movingThreads(session: Session, pids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  if (pids.length === 0) return new Map();
  const said = await execOk(session, ["sh", "-c", `${STAND_STILL}\nmoving "$@"`, "sh", ...pids.map(String)]);
  const lines = said.matchAll(/^\/proc\/(\d+)\/task\/\d+\/status:State:\s*(\S)/gm);
  return new Map([...lines].map(([, pid, state]) => [Number(pid), state as string]));
}

/** Processes that run a command of these, and were not there at the first look: somebody started it again. */
export function revived(before: NodeProcesses, after: NodeProcesses): readonly ProcessEntry[] {
  const commands = new Set(before.running.map(({ command }) => command));
  return [...after.table.values()].filter((entry) => {
    const known = before.table.get(entry.pid);
    const isNew = known === undefined || known.startTicks !== entry.startTicks;
    return isNew && commands.has(entry.command) && entry.state !== "Z" && entry.state !== "X";
  });
}

/** `etcd (process 412)` */
export function nameOf({ role, pid }: { readonly role: string; readonly pid: number }): string {
  return `${role} (process ${pid})`;
}

/** What belongs into a record, by node: command lines are long and known. */
export function shownAll(looks: ReadonlyMap<string, NodeProcesses>) {
  return Object.fromEntries(
    [...looks].map(([node, { running }]) => [
      node,
      running.map(({ role, pid, state, startTicks, cpuTicks }) => ({ role, pid, state, startTicks, cpuTicks })),
    ]),
  );
}
