import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClockNemesis } from "../../nemesis/clock/clock-nemesis.ts";
import { monotonicMs, sleep, wallClock } from "../../src/clock.ts";
import { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { execOk } from "../../src/control/exec.ts";
import { NodeGuard } from "../../src/control/node-guard.ts";
import { onAllNodes } from "../../src/control/on-nodes.ts";
import type { Completion, Invocation, Test } from "../../src/test.ts";
import { EtcdDb } from "../../workloads/etcd/db.ts";
import { HELPER, hasProgram } from "../nemesis/clock/programs.ts";

/** Five nodes that share this machine's kernel, with a real etcd; their clocks are looked at from outside the harness. */
const possible =
  process.platform === "linux" &&
  process.arch === "x64" &&
  process.getuid?.() === 0 &&
  hasProgram("etcd") &&
  hasProgram("sshd");

/** A program's stdout; meanwhile the lease is renewed. */
const run = async (command: string, args: readonly string[]) =>
  (await promisify(execFile)(command, args, { timeout: 120_000 })).stdout;

const NODES = ["n1", "n2", "n3", "n4", "n5"];
const LEASE_SECONDS = 4;

describe.skipIf(!possible)("clock faults on nodes that share one kernel", () => {
  const cluster = new LocalCluster({ nodes: NODES, disk: "512m", owned: true });
  const db = new EtcdDb({ snapshotCount: 1000, unsafeNoFsync: true });
  const nemesis = new ClockNemesis();
  let guards = new Map<string, NodeGuard>();
  let test: Test;
  let heartbeat: NodeJS.Timeout | undefined;

  const renew = () => Promise.all([...guards.values()].map((guard) => guard.renew()));
  const keepAlive = () => {
    heartbeat = setInterval(() => void renew().catch(() => undefined), 1_000); // one that fails shows as a lapsed lease
  };
  const invoke = (f: string, value: unknown = null): Promise<Completion> => {
    const op: Invocation = { index: 0, time: 0, type: "invoke", process: "nemesis:clock", f, value };
    return nemesis.invoke(test, op, AbortSignal.timeout(60_000));
  };
  /** What each node's etcd says in its Date header against this process's clock, in whole seconds; asked by curl on the host. */
  const dates = async (nodes = NODES) => {
    const off = nodes.map(async (node) => {
      const askedMs = wallClock().getTime();
      const head = await run("curl", ["-sSI", "--max-time", "3", `http://${cluster.address(node)}:2379/version`]);
      const date = /^date: (.*)$/im.exec(head)?.[1] ?? "";
      return [node, Math.round((Date.parse(date) + 500 - (askedMs + wallClock().getTime()) / 2) / 1000)];
    });
    return Object.fromEntries(await Promise.all(off)) as Record<string, number>;
  };
  const about = (seconds: number) =>
    expect.toSatisfy((value: number) => Math.abs(value - seconds) <= 1, `about ${seconds}`);
  const offsets = (shifted: Record<string, number> = {}) =>
    Object.fromEntries(NODES.map((node) => [node, about(shifted[node] ?? 0)]));
  /** A node's etcd by its pid on the host: other clusters on this machine have other addresses. */
  const hostPid = async (node: string) => {
    const own = `http://${cluster.address(node)}:2379`;
    for (const pid of (await run("pgrep", ["-x", "etcd"])).trim().split("\n")) {
      // another cluster's may have ended meanwhile
      const argv = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (argv.split("\0").includes(own)) return pid;
    }
    throw new Error(`no etcd runs on ${node}`);
  };
  const hostHelper = async (command: string, nodes: readonly string[]) => {
    const pids = await Promise.all(nodes.map(hostPid));
    const said = await run("python3", [HELPER, command, ...pids.map((pid) => `--pid=${pid}`)]);
    return (JSON.parse(said) as { processes: { jumps: string[]; foreign: boolean }[] }).processes;
  };
  /** Nothing of the fault is left in any etcd, seen from the host. */
  const expectClean = async () => {
    for (const look of await hostHelper("read", NODES)) expect(look).toMatchObject({ jumps: [], foreign: false });
  };

  beforeAll(async () => {
    await cluster.up();
    guards = await onAllNodes(NODES, async (node) =>
      NodeGuard.take(await cluster.session(node), "run", "test", LEASE_SECONDS),
    );
    keepAlive();
    test = {
      nodes: NODES,
      cluster,
      db,
      guard: (node: string) => guards.get(node),
      log: () => undefined,
    } as unknown as Test;
    await onAllNodes(NODES, (node) => db.setup(test, node));
    await db.setupPrimary(test);
    await nemesis.setup(test);
  });

  afterAll(async () => {
    clearInterval(heartbeat);
    await cluster.down({ destroy: true });
  });

  it("two nodes' clocks jump apart; the others and the host do not; a restart keeps the shift; a reset removes all", async () => {
    const host = wallClock().getTime() - monotonicMs();
    const done = await invoke("bump-clock", { n2: 60_000, n4: -30_000 });
    expect(done).toMatchObject({ type: "ok", evidence: { proven: true } });
    expect(done.evidence?.summary).toMatch(/n2 is \+60\.000 s off by its database's own clock; n4 is -30\.000 s off/);
    expect(await dates()).toEqual(offsets({ n2: 60, n4: -30 }));
    expect(Math.abs(wallClock().getTime() - monotonicMs() - host)).toBeLessThan(50);

    await db.kill(test, "n2");
    await db.start(test, "n2");
    const checked = await invoke("check-clock-offsets");
    expect(checked.value).toMatchObject({ clockOffsets: { n1: 0, n2: 60, n3: 0, n4: -30, n5: 0 } });
    await expect.poll(() => dates(["n2"]), { timeout: 10_000 }).toEqual({ n2: about(60) });

    const reset = await invoke("reset-clock");
    expect(reset).toMatchObject({ type: "ok", evidence: { proven: true } });
    expect(await dates()).toEqual(offsets());
    await expectClean();
  });

  it("a small jump and a drift are proven by the bytes read back", async () => {
    const bump = await invoke("bump-clock", { n1: 11 });
    expect(bump.type).toBe("ok");
    expect(bump.evidence?.summary).toMatch(/n1 is \+0\.011 s off by the bytes read back .*cannot show it/);
    const drift = await invoke("drift-clock", { n3: 50_000 });
    expect(drift.type).toBe("ok");
    await sleep(4_000);
    const later = (await invoke("check-clock-offsets")).value as { clockOffsets: Record<string, number> };
    expect(later.clockOffsets.n3).toBeGreaterThan(0.15);
    expect((await invoke("reset-clock")).type).toBe("ok");
  });

  it("a strobe is seen by the database's own clock", async () => {
    const done = await invoke("strobe-clock", { n5: { deltaMs: 20_000, periodMs: 20, durationMs: 3_000 } });
    expect(done.evidence?.summary).toMatch(/its database's own clock was seen shifted in \d+ of \d+ answers/);
    expect(done.type).toBe("ok");
    expect(await dates()).toEqual(offsets());
  });

  it("a fault that somebody takes away is not proven", async () => {
    expect((await invoke("bump-clock", { n2: 60_000 })).type).toBe("ok");
    await hostHelper("reset", ["n2"]);
    const checked = await invoke("check-clock-offsets");
    expect(checked).toMatchObject({ type: "info", evidence: { proven: false } });
    expect(await invoke("reset-clock")).toMatchObject({ type: "info" });
    expect(await invoke("reset-clock")).toMatchObject({ type: "ok", evidence: { proven: true } });
  });

  it("a killed database is skipped, a paused one is shifted and stays paused", async () => {
    await db.kill(test, "n1");
    expect(await invoke("bump-clock", { n1: 60_000 })).toMatchObject({ type: "fail", error: { code: "skipped" } });
    await db.start(test, "n1");
    await db.pause(test, "n3");
    const done = await invoke("bump-clock", { n3: 11 });
    expect(done.type).toBe("ok");
    const [process] = await db.processes(test, "n3");
    const status = await execOk(await cluster.session("n3"), ["cat", `/proc/${process?.pid}/status`]);
    expect(status).toMatch(/^State:\tT/m);
    await db.resume(test, "n3");
    expect((await invoke("reset-clock")).type).toBe("ok");
  });

  it("undoes itself when nobody renews the lease any more", async () => {
    await expect.poll(() => dates(), { timeout: 20_000 }).toEqual(offsets());
    expect((await invoke("bump-clock", { n2: 60_000, n4: -30_000 })).type).toBe("ok");
    clearInterval(heartbeat);
    // the lease, and as long as a busy machine wants to start the undoing's programs
    await expect.poll(() => dates(), { timeout: (LEASE_SECONDS + 20) * 1000, interval: 500 }).toEqual(offsets());
    await expectClean();
    keepAlive();
    const done = await invoke("check-clock-offsets");
    expect(done.type).toBe("info");
    expect(done.evidence?.summary).toMatch(/The lease on n2 had run out/);
    await nemesis.teardown(test);
  });
});
