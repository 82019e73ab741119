import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { sleep } from "../../../src/clock.ts";
import type { Db, DbProcess, Kill, Pause, Primaries, Processes, Stop, Test } from "../../../src/test.ts";

/** The state that the kernel shows of a process's first thread, read here and not by the fault. */
export async function stateOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat === "" ? "gone" : (stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "");
}

/** Real processes of this machine in the place of a database: a shell that waits, one for each node and role. */
export class Victims implements Db, Kill, Stop, Pause, Processes, Primaries {
  readonly roles: readonly string[];
  leaders: readonly string[] = [];
  /** Commands do nothing, as if somebody else had undone them. */
  isInert = false;
  readonly #pids = new Map<string, Map<string, number>>();

  constructor(roles: readonly string[] = ["db"]) {
    this.roles = roles;
  }

  async setup(test: Test, node: string): Promise<void> {
    await this.start(test, node);
  }

  async teardown(test: Test, node: string): Promise<void> {
    await this.kill(test, node);
  }

  pid(node: string, role = this.roles[0]!): number {
    return this.#pids.get(node)?.get(role) ?? -1;
  }

  async start(_test: Test, node: string, roles = this.roles): Promise<void> {
    const pids = this.#pids.get(node) ?? new Map<string, number>();
    this.#pids.set(node, pids);
    for (const role of roles) {
      if (pids.has(role)) continue;
      const child = spawn("sh", ["-c", "while read -r line; do :; done", `victim-${role}-${node}-${process.pid}`]);
      child.on("exit", () => {
        if (pids.get(role) === child.pid) pids.delete(role);
      });
      pids.set(role, child.pid!);
    }
  }

  async kill(_test: Test, node: string, roles = this.roles): Promise<void> {
    await this.#end(node, roles, "SIGKILL");
  }

  async stop(_test: Test, node: string, roles = this.roles): Promise<void> {
    await this.#end(node, roles, "SIGTERM");
  }

  async pause(_test: Test, node: string, roles = this.roles): Promise<void> {
    this.#signal(node, roles, "SIGSTOP");
    for (const role of roles) {
      const pid = this.#pids.get(node)?.get(role);
      for (let i = 0; i < 200 && !this.isInert && pid !== undefined && (await stateOf(pid)) !== "T"; i++)
        await sleep(5);
    }
  }

  async resume(_test: Test, node: string, roles = this.roles): Promise<void> {
    this.#signal(node, roles, "SIGCONT");
  }

  async processes(_test: Test, node: string): Promise<readonly DbProcess[]> {
    return [...(this.#pids.get(node) ?? [])].map(([role, pid]) => ({ role, pid }));
  }

  async primaries(): Promise<readonly string[]> {
    return this.leaders;
  }

  #signal(node: string, roles: readonly string[], signal: NodeJS.Signals): void {
    if (this.isInert) return;
    for (const [role, pid] of this.#pids.get(node) ?? []) if (roles.includes(role)) process.kill(pid, signal);
  }

  async #end(node: string, roles: readonly string[], signal: NodeJS.Signals): Promise<void> {
    this.#signal(node, roles, signal);
    for (let i = 0; i < 200 && !this.isInert && roles.some((role) => this.#pids.get(node)?.has(role)); i++)
      await sleep(5);
  }
}
