/** Runs the real command line, as a person would. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { LOCAL_NODES } from "../../src/cli/cluster-choice.ts";
import { LocalCluster } from "../../src/cluster/local/local-cluster.ts";

export const BIN = fileURLToPath(new URL("../../bin/jepsen-ts", import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly cwd?: string;
  readonly onChild?: (child: ChildProcess) => void;
}

/** A started command; `done` resolves when it has ended. It does not outlive its test. */
export function start(
  argv: readonly string[],
  options: CliOptions = {},
): { readonly child: ChildProcess; readonly done: Promise<CliResult> } {
  const child = spawn(process.execPath, [BIN, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.timeoutMs ?? 240_000,
    killSignal: "SIGKILL",
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const done = new Promise<CliResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, done };
}

export function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return start(argv, options).done;
}

/** A folder that is removed after the test. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "jepsen-ts-test-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Five local nodes that stay until the test is over, and can be entered by it. */
export async function nodes(): Promise<LocalCluster> {
  const cluster = new LocalCluster({ nodes: LOCAL_NODES, disk: "1g", owned: true });
  await cluster.up();
  onTestFinished(() => cluster.down({ destroy: true }));
  return cluster;
}

/** What `run --json` prints. */
export interface RunJson {
  readonly valid: boolean | "unknown";
  readonly summary: string;
  readonly exitCode: number;
  readonly directory: string;
  readonly report: string;
  readonly seed: number;
  // biome-ignore lint/suspicious/noExplicitAny: plain JSON that each test looks into
  readonly results: any;
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  readonly outcome: any;
}

/** `run` with --json; fails with what was said on stderr when there is no object. */
export async function run(
  argv: readonly string[],
  options: CliOptions = {},
): Promise<RunJson & { readonly code: number | null }> {
  const done = await cli(["run", ...argv, "--json"], options);
  if (done.stdout === "") throw new Error(`run ${argv.join(" ")} printed nothing (exit ${done.code}): ${done.stderr}`);
  return { ...(JSON.parse(done.stdout) as RunJson), code: done.code };
}

/** Expects what a run came to, by its verdict and its exit code; what it said of it is shown when it is another. */
export function expectVerdict(run: RunJson & { readonly code: number | null }, valid: RunJson["valid"]): void {
  const code = { true: 0, false: 1, unknown: 2 }[`${valid}`];
  expect({ valid: run.valid, code: run.code }, run.summary).toEqual({ valid, code });
}

export async function readText(...path: readonly string[]): Promise<string> {
  return readFile(join(...path), "utf8");
}
