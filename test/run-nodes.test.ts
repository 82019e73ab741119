import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { JepsenError } from "../src/errors.ts";
import { runTest } from "../src/run.ts";
import type { RunLimits, RunPlan } from "../src/run-plan.ts";
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
  readonly limits?: Partial<RunLimits>;
}

/** A run on nodes whose commands a test answers, without any client operation. */
async function runOn(nodes: readonly string[], { exec, db, packages = [], limits = {} }: RunParts) {
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
      timeLimitMs: 0,
      setupTimeoutMs: 5_000,
      operationTimeoutMs: 1_000,
      nemesisTimeoutMs: 5_000,
      stallMs: 60_000,
      settleMs: 0,
      leaseSeconds: 0.04, // renewed every 10 ms
      healMs: 60_000,
      teardownPartMs: 30_000,
      teardownMs: 60_000,
      ...limits,
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

/** From when the test says it on, nobody connects to n2. */
function dyingNode() {
  let isDead = false;
  const did: Record<string, string[]> = { n1: [], n2: [], n3: [] };
  const exec = (node: string): Exec => {
    return async (argv) => {
      if (purposeOf(argv) !== "renew") did[node]?.push(purposeOf(argv));
      if (node === "n2" && isDead) throw new JepsenError("connect", "Cannot reach n2: refused.", { node, host: "h" });
      return SAID("held");
    };
  };
  const tornDown: string[] = [];
  const db: Db = {
    setup: async () => {},
    teardown: async (test, node) => {
      await (await test.cluster.session(node)).exec(["rm"]);
      tornDown.push(node);
    },
  };
  const faults = ["a", "b"].map(
    (name): NemesisPackage => ({
      name,
      nemesis: {
        fs: new Set(["start", "heal"]),
        invoke: async (test, { f }) => {
          if (f === "start") await test.guard("n2").register(name, "true");
          else isDead = true;
          return { type: "ok" };
        },
        teardown: async (test) => test.guard("n2").unregister(name),
      },
      generator: { f: "start" },
      finalGenerator: { f: "heal" },
      bands: [],
    }),
  );
  return { parts: { exec, db, packages: faults, limits: { timeLimitMs: 1_000 } }, did, tornDown };
}

test("a node that is gone is told once, with what was left in force there; the others are torn down", async () => {
  const { parts, did, tornDown } = dyingNode();
  const { outcome, lines } = await runOn(["n1", "n2", "n3"], parts);
  expect(outcome.failure).toBeUndefined();
  expect(outcome.problems).toEqual([expect.stringMatching(/^Node n2 was out of reach .*\(a, b\) it undoes by itself/)]);
  expect(lines.filter((line) => line.includes("is left alone"))).toHaveLength(1);
  expect(tornDown).toEqual(["n1", "n3"]);
  expect([did.n1?.at(-1), did.n3?.at(-1)]).toEqual(["release", "release"]);
});

/** Faults whose healing takes as long as it may, or whose teardown never ends, where the test says so. */
function stuck(what: "heal" | "teardown" | "nothing", count: number): readonly NemesisPackage[] {
  const never = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  return Array.from(
    { length: count },
    (_, i): NemesisPackage => ({
      name: `f${i}`,
      nemesis: {
        fs: new Set(["heal"]),
        invoke: async (_test, _op, signal) => (what === "heal" ? never(signal) : { type: "ok" }),
        teardown: () => (what === "teardown" ? new Promise(() => {}) : Promise.resolve()),
      },
      generator: undefined,
      finalGenerator: Array.from({ length: 30 }, () => ({ f: "heal" })),
      bands: [],
    }),
  );
}

const DB: Db = { setup: async () => {}, teardown: async () => {} };

test("healing that hangs is ended, and what follows is done all the same", async () => {
  const tornDown: string[] = [];
  const db: Db = { ...DB, teardown: async (_test, node) => void tornDown.push(node) };
  const bounds = { healMs: 100, nemesisTimeoutMs: 50 };
  const parts = { exec: () => async () => SAID("held"), db };
  const { outcome } = await runOn(["n1"], { ...parts, packages: stuck("heal", 1), limits: bounds });
  expect(outcome.problems).toEqual([expect.stringContaining("Healing did not end within 0.1 s")]);
  expect(tornDown).toEqual(["n1"]);
  const sound = await runOn(["n1"], { ...parts, packages: stuck("nothing", 1) });
  expect(sound.outcome.problems).toEqual([]);
});

test("parts of the teardown that hang share one bound, and the nodes are given back in any case", async () => {
  const did: string[] = [];
  const exec = () => async (argv: readonly string[]) => {
    did.push(purposeOf(argv));
    return SAID("held");
  };
  const limits = { teardownPartMs: 300, teardownMs: 500 };
  const { outcome } = await runOn(["n1"], { exec, db: DB, packages: stuck("teardown", 5), limits });
  expect(outcome.problems[0]).toMatch(/^Nemesis teardown: it did not end within 0.\d+ s$/);
  expect(outcome.problems.slice(-4)).toEqual(
    ["Nemesis teardown", "Looking at the processes", "Fetching logs", "Database teardown"].map(
      (part) => `${part}: there was no time left for it.`,
    ),
  );
  expect(did.at(-1)).toBe("release");
});
