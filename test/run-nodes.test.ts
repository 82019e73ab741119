import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runTest } from "../src/run.ts";
import type { RunPlan } from "../src/run-plan.ts";
import type { Client, Cluster, Db, ExecOptions, ExecResult, NemesisPackage, Session } from "../src/test.ts";

type Exec = (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

const SAID = (stdout: string): ExecResult => ({ code: 0, stdout, stderr: "" });
/** What the guard's script says when the marks on the node are not this run's. */
const LOST: ExecResult = { code: 97, stdout: "", stderr: "" };

/** What a command of the guard is for. */
function purposeOf([, , script = ""]: readonly string[]): "take" | "renew" | "release" | "other" {
  if (script.includes('mkdir "$dir/undo"')) return "take";
  if (script.includes("echo held")) return "renew";
  return script.includes("undone ") ? "release" : "other";
}

interface RunParts {
  readonly exec: (node: string) => Exec;
  readonly db?: Db;
  readonly packages?: readonly NemesisPackage[];
  readonly timeLimitMs?: number;
}

/** A run on nodes whose commands a test answers, without any client operation. */
async function runOn(nodes: readonly string[], { exec, db, packages = [], timeLimitMs = 0 }: RunParts) {
  const directory = await mkdtemp(join(tmpdir(), "jepsen-ts-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const cluster = {
    kind: "local",
    nodes,
    up: async () => {},
    session: async (node: string) => ({ node, exec: exec(node) }) as unknown as Session,
    address: () => "127.0.0.1",
  } as unknown as Cluster;
  const client: Client = {
    open: async () => client,
    invoke: async () => ({ type: "ok" }),
    close: async () => {},
  };
  const plan = {
    name: "fake",
    suite: { name: "fake" },
    workloadName: "none",
    workload: { client, generator: undefined },
    ...(db ? { db } : {}),
    packages,
    cluster,
    concurrency: 1,
    seed: 1,
    options: {},
    ratePerSecond: 0,
    limits: {
      timeLimitMs,
      setupTimeoutMs: 5_000,
      operationTimeoutMs: 1_000,
      nemesisTimeoutMs: 5_000,
      stallMs: 60_000,
      settleMs: 0,
      leaseSeconds: 0.04, // renewed every 10 ms
    },
    directory,
    id: "run-a",
    healFirst: false,
  } as unknown as RunPlan;
  const lines: string[] = [];
  const { signal } = new AbortController();
  const observer = {
    phase: () => {},
    log: (line: string) => lines.push(line),
    progress: () => {},
    versions: async () => {},
  };
  const outcome = await runTest(plan, { stop: signal, abort: signal }, observer);
  return { outcome, lines };
}

/** Tears down when a renewal is on its way, and answers that one when the node has been given back. */
function renewalOvertakenBy(release: "its release" | "nothing") {
  let released = () => {};
  const isReleased = new Promise<void>((resolve) => {
    released = resolve;
  });
  let underWay = () => {};
  const isUnderWay = new Promise<void>((resolve) => {
    underWay = resolve;
  });
  let isTearingDown = false;
  const exec: Exec = async (argv) => {
    const purpose = purposeOf(argv);
    if (purpose === "release") {
      released();
      return SAID("");
    }
    if (purpose !== "renew" || !isTearingDown) return SAID("held");
    underWay();
    if (release === "its release") await isReleased;
    return LOST;
  };
  const db: Db = {
    setup: async () => {},
    teardown: async () => {
      isTearingDown = true;
      await isUnderWay;
    },
  };
  return { exec: () => exec, db };
}

test("a renewal that comes back after its node was given back says nothing; one before that ends the run", async () => {
  const { outcome } = await runOn(["n1"], renewalOvertakenBy("its release"));
  expect(outcome.failure).toBeUndefined();
  const lost = await runOn(["n1"], renewalOvertakenBy("nothing"));
  expect(lost.outcome.failure?.message).toContain("Node n1 no longer belongs to this run");
});
