import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const HELPER = new URL("../../../nemesis/clock/vdso-helper.py", import.meta.url).pathname;
export const KERNEL_HELPER = new URL("../../../nemesis/clock/kernel-helper.py", import.meta.url).pathname;

export function here(name: string): string {
  return new URL(`./${name}`, import.meta.url).pathname;
}

/** Whether a program of this name can be run. */
export function hasProgram(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

/** Runs a program to its end and returns its stdout; throws with its stderr when it fails. */
export function run(command: string, args: readonly string[], input?: string): string {
  const done = spawnSync(command, args, {
    encoding: "utf8",
    timeout: 120_000,
    ...(input === undefined ? {} : { input }),
  });
  if (done.status !== 0)
    throw new Error(`${command} ${args[0]} ended with ${done.status ?? done.signal}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

/** A program that answers lines on stdin with lines of JSON on stdout. */
export class Conversation {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args);
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async line<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the program has ended (${this.child.exitCode ?? this.child.signalCode})`);
    return JSON.parse(value) as T;
  }

  async ask<T>(input: string): Promise<T> {
    this.child.stdin.write(input);
    return this.line<T>();
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async end(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}

/** What a victim says of its clocks. */
export interface VictimClocks {
  readonly realtimeNs: string;
  readonly monotonicNs: string;
  readonly coarseNs: string;
  readonly gettimeofdayUs: string;
  readonly time: number;
  readonly calls: number;
  readonly malformed: number;
  readonly backwards: number;
}

/** A busy program in four threads: C where there is a compiler, else Python. `directory` gets the binary. */
export function victimCommand(directory: string): readonly [string, readonly string[]] {
  if (!hasProgram("gcc")) return ["python3", [here("victim.py")]];
  const binary = join(directory, "victim");
  run("gcc", ["-O2", "-pthread", "-o", binary, here("victim.c")]);
  return [binary, []];
}

/** The vDSO of a process, byte for byte, and where it is: addresses of programs are below 2^47. */
export async function vdsoOf(pid: number): Promise<{ readonly base: number; readonly bytes: Buffer }> {
  const maps = await readFile(`/proc/${pid}/maps`, "utf8");
  const range = /^([0-9a-f]+)-([0-9a-f]+) .*\[vdso\]$/m.exec(maps);
  if (!range) throw new Error(`process ${pid} has no vDSO`);
  const base = Number.parseInt(range[1] ?? "", 16);
  const bytes = Buffer.alloc(Number.parseInt(range[2] ?? "", 16) - base);
  const file = await open(`/proc/${pid}/mem`, "r");
  try {
    await file.read({ buffer: bytes, position: base });
  } finally {
    await file.close();
  }
  return { base, bytes };
}
