import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { NoCluster } from "../src/cli/cluster-choice.ts";
import { EXIT, exitCodeOfRun } from "../src/cli/exit-codes.ts";
import { limit, once, repeat } from "../src/generator/index.ts";
import { runTest } from "../src/run.ts";
import type { RunPlan } from "../src/run-plan.ts";
import type { RunOutcome } from "../src/store/run-record.ts";
import type { Client, Db, Suite, Workload } from "../src/test.ts";

const MOMENTS = ["add", "final", "client teardown", "database down"] as const;
type Moment = (typeof MOMENTS)[number];

/** Where a run without nodes comes past, and what came of it when the signal (twice: both) is given there. */
async function stoppedAt(moment: Moment | undefined, { twice = false, finalReads = true } = {}): Promise<RunOutcome> {
  const directory = await mkdtemp(join(tmpdir(), "jepsen-ts-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [stop, abort] = [new AbortController(), new AbortController()];
  const past = (here: Moment) => {
    if (here !== moment) return;
    stop.abort(new Error("stopped"));
    if (twice) abort.abort(new Error("ended"));
  };
  const client: Client = {
    open: async () => client,
    close: async () => {},
    async invoke(_test, op) {
      past(op.f === "final" ? "final" : "add");
      return { type: "ok" };
    },
    async teardown() {
      past("client teardown");
    },
  };
  const db: Db = {
    setup: async () => {},
    async teardown() {
      past("database down");
    },
  };
  const workload: Workload = {
    client,
    generator: limit(20, repeat({ f: "add" })),
    ...(finalReads ? { finalGenerator: once({ f: "final" }) } : {}),
    checker: { check: async () => ({ valid: true }) },
  };
  const plan = {
    name: "small",
    suite: { name: "small", cluster: "none" } as Suite,
    workloadName: "small",
    workload,
    db,
    packages: [],
    checker: workload.checker,
    cluster: new NoCluster(["n1", "n2"]),
    concurrency: 2,
    seed: 1,
    options: {},
    ratePerSecond: 0,
    directory,
    id: "small",
    healFirst: false,
    limits: {
      timeLimitMs: 60_000,
      setupTimeoutMs: 5000,
      operationTimeoutMs: 5000,
      nemesisTimeoutMs: 5000,
      stallMs: 5000,
      settleMs: 0,
      healMs: 60_000,
      teardownPartMs: 30_000,
      teardownMs: 60_000,
      leaseSeconds: 10,
    },
  } satisfies RunPlan;
  const signals = { stop: stop.signal, abort: abort.signal };
  return runTest(plan, signals, { phase() {}, log() {}, progress() {}, versions: async () => {} });
}

describe("a run that is stopped", () => {
  it.each<[Moment, { twice?: boolean; finalReads?: boolean }]>([
    ["add", {}],
    ["add", { finalReads: false }],
    ["add", { twice: true }],
    ["final", { twice: true }],
  ])("while its operations go on is interrupted: at %s, %j", async (moment, how) => {
    const outcome = await stoppedAt(moment, how);
    expect(outcome).toMatchObject({ interrupted: true });
    expect(exitCodeOfRun(true, outcome)).toBe(EXIT.interrupted);
  });

  it.each<[Moment | undefined, { twice?: boolean; finalReads?: boolean }]>([
    ["final", {}],
    ["client teardown", {}],
    ["client teardown", { finalReads: false }],
    ["client teardown", { twice: true }],
    ["database down", {}],
    [undefined, {}],
  ])("when they are all there is not: at %s, %j", async (moment, how) => {
    const outcome = await stoppedAt(moment, how);
    expect(outcome).toMatchObject({ interrupted: false, problems: [] });
    expect(outcome.phases.map(({ name }) => name)).toContain("database down");
    expect(exitCodeOfRun(true, outcome)).toBe(EXIT.valid);
  });
});
