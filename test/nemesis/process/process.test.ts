import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FaultContext, FaultFamily } from "../../../nemesis/family.ts";
import { killFamily, pauseFamily, restartFamily, stopFamily } from "../../../nemesis/process/process.ts";
import type { Db, Nemesis } from "../../../src/test.ts";
import { evidenceOf, invoke, type LocalTest, localTest, without } from "../local-test.ts";
import { stateOf, Victims } from "./victims.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];

let db: Victims;
let test: LocalTest;

function context(options: Record<string, unknown> = {}, database: Db = db): FaultContext {
  return { nodes: NODES, db: database, options, intervalMs: 1000 };
}

function nemesisOf(family: FaultFamily, options: Record<string, unknown> = {}): Nemesis {
  expect(family.cannot(context(options))).toBeUndefined();
  return family.make(context(options)).nemesis;
}

async function bringUp(roles?: readonly string[]): Promise<void> {
  db = new Victims(roles);
  test = localTest(NODES, db);
  for (const node of NODES) await db.setup(test, node);
}

beforeEach(() => bringUp());

afterEach(async () => {
  db.isInert = false;
  for (const node of NODES) await db.teardown(test, node);
});

describe("kill", () => {
  it("kills, proves it, notes it beforehand, and starts again", async () => {
    const nemesis = nemesisOf(killFamily);
    const old = db.pid("n2");
    const killed = await invoke(nemesis, test, "kill", { nodes: ["n2", "n4"] });
    expect(killed).toMatchObject({ type: "ok", value: { nodes: ["n2", "n4"] }, evidence: { proven: true } });
    expect(evidenceOf(killed).summary).toContain(`n2: db (process ${old}) ran and is gone.`);
    expect(await stateOf(old)).toBe("gone");
    expect(await stateOf(db.pid("n1"))).toMatch(/^[SR]$/);
    expect(test.guards.get("n2")?.notes[0]).toContain("killed with SIGKILL");
    expect(test.guards.get("n1")?.notes).toEqual([]);

    const started = await invoke(nemesis, test, "start-killed");
    expect(started).toMatchObject({ type: "ok", value: { nodes: ["n2", "n4"] }, evidence: { proven: true } });
    expect(db.pid("n2")).not.toBe(old);
    expect(await stateOf(db.pid("n2"))).toMatch(/^[SR]$/);
    expect(await invoke(nemesis, test, "start-killed")).toMatchObject({ type: "fail", error: { code: "skipped" } });
    expect(await invoke(nemesis, test, "heal-kill")).toMatchObject({ type: "ok", evidence: { proven: true } });
  });

  it("says indeterminate when the process did not die", async () => {
    db.isInert = true;
    const killed = await invoke(nemesisOf(killFamily), test, "kill", { nodes: ["n3"] });
    expect(killed).toMatchObject({ type: "info", error: { code: "unproven" }, evidence: { proven: false } });
    expect(evidenceOf(killed).summary).toContain("is still there, in state S");
  });

  it("says indeterminate when somebody else started it meanwhile", async () => {
    const nemesis = nemesisOf(killFamily);
    await invoke(nemesis, test, "kill", { nodes: ["n3"] });
    await db.start(test, "n3");
    const started = await invoke(nemesis, test, "start-killed");
    expect(started).toMatchObject({ type: "info", evidence: { proven: false } });
    expect(evidenceOf(started).summary).toContain("runs there although nobody here started it");
    expect(await invoke(nemesis, test, "heal-kill")).toMatchObject({ type: "ok" });
  });

  it("skips what runs no more", async () => {
    await db.kill(test, "n1");
    const some = await invoke(nemesisOf(killFamily), test, "kill", { nodes: ["n1", "n2"] });
    expect(some.value).toEqual({ nodes: ["n2"], skipped: { n1: "no process of the database runs there" } });
    const none = await invoke(nemesisOf(killFamily), test, "kill", { nodes: ["n1"] });
    expect(none).toEqual({
      type: "fail",
      error: { code: "skipped", message: "n1: no process of the database runs there" },
    });
  });

  it("aims at primaries and at others, as they are when it strikes", async () => {
    const nemesis = nemesisOf(killFamily);
    expect(await invoke(nemesis, test, "kill", { targets: "primaries" })).toMatchObject({ type: "fail" });
    db.leaders = ["n4"];
    expect((await invoke(nemesis, test, "kill", { targets: "primaries" })).value).toMatchObject({ nodes: ["n4"] });
    const order = ["n4", "n5", "n3", "n1", "n2"];
    const others = await invoke(nemesis, test, "kill", { targets: "non-primaries", order });
    expect(others.value).toMatchObject({ nodes: ["n5", "n3"] });
    expect(await invoke(nemesis, test, "kill", { nodes: ["n9"] })).toMatchObject({ type: "fail" });
    expect(await invoke(nemesis, test, "kill", 7)).toMatchObject({ type: "fail" });
  });

  it("starts everything again at the teardown", async () => {
    const nemesis = nemesisOf(killFamily);
    await invoke(nemesis, test, "kill", { targets: "all" });
    await nemesis.teardown?.(test);
    for (const node of NODES) expect(await stateOf(db.pid(node))).toMatch(/^[SR]$/);
  });
});

describe("roles", () => {
  beforeEach(async () => {
    for (const node of NODES) await db.teardown(test, node);
    await bringUp(["mon", "osd"]);
  });

  it("kills only the daemons of the roles asked for", async () => {
    const mon = db.pid("n1", "mon");
    const osd = db.pid("n1", "osd");
    const nemesis = nemesisOf(killFamily, { killRoles: ["osd"] });
    expect(await invoke(nemesis, test, "kill", { nodes: ["n1"] })).toMatchObject({ type: "ok" });
    expect([await stateOf(mon), await stateOf(osd)]).toEqual(["S", "gone"]);
    expect(await invoke(nemesis, test, "start-killed")).toMatchObject({ type: "ok" });
    expect(db.pid("n1", "mon")).toBe(mon);
  });

  it("refuses a role that the system does not have", () => {
    expect(killFamily.cannot(context({ killRoles: ["brick"] }))).toBe('--kill-roles takes mon, osd, not "brick".');
  });
});

describe("stop and restart", () => {
  it("ends in good order", async () => {
    const nemesis = nemesisOf(stopFamily);
    const old = db.pid("n1");
    expect(await invoke(nemesis, test, "stop", { nodes: ["n1"] })).toMatchObject({ type: "ok" });
    expect(await stateOf(old)).toBe("gone");
    expect(await invoke(nemesis, test, "start-stopped")).toMatchObject({ type: "ok" });
  });

  it("restarts at once, and proves that it is another process", async () => {
    const nemesis = nemesisOf(restartFamily);
    const old = db.pid("n1");
    const done = await invoke(nemesis, test, "restart", { nodes: ["n1"] });
    expect(done).toMatchObject({ type: "ok", evidence: { proven: true } });
    expect(db.pid("n1")).not.toBe(old);
    db.isInert = true;
    const failed = await invoke(nemesis, test, "restart", { nodes: ["n1"] });
    expect(failed).toMatchObject({ type: "info", evidence: { proven: false } });
  });
});

describe("pause", () => {
  it("freezes and thaws, with the undo registered first", async () => {
    const nemesis = nemesisOf(pauseFamily);
    const paused = await invoke(nemesis, test, "pause", { nodes: ["n1", "n5"] });
    expect(paused).toMatchObject({ type: "ok", value: { nodes: ["n1", "n5"] }, evidence: { proven: true } });
    expect(await stateOf(db.pid("n1"))).toBe("T");
    expect(await stateOf(db.pid("n2"))).toMatch(/^[SR]$/);
    expect(test.guards.get("n1")?.events).toEqual(["register pause"]);
    expect(await invoke(nemesis, test, "pause", { nodes: ["n1"] })).toMatchObject({ type: "fail" });
    expect(await invoke(nemesis, test, "resume")).toMatchObject({ type: "ok", evidence: { proven: true } });
    expect(await stateOf(db.pid("n1"))).toMatch(/^[SR]$/);
    expect(test.guards.get("n1")?.scripts.size).toBe(0);
    expect(await invoke(nemesis, test, "resume")).toMatchObject({ type: "fail" });
  });

  it("says indeterminate when nothing stood still, or somebody thawed it", async () => {
    const nemesis = nemesisOf(pauseFamily);
    db.isInert = true;
    const paused = await invoke(nemesis, test, "pause", { nodes: ["n1"] });
    expect(paused).toMatchObject({ type: "info", evidence: { proven: false } });
    db.isInert = false;
    await invoke(nemesis, test, "resume");
    expect(await invoke(nemesis, test, "pause", { nodes: ["n1"] })).toMatchObject({ type: "ok" });
    process.kill(db.pid("n1"), "SIGCONT");
    const resumed = await invoke(nemesis, test, "resume");
    expect(resumed).toMatchObject({ type: "info" });
    expect(evidenceOf(resumed).summary).toContain("had been thawed before");
  });

  it("is undone by the lease, and says so", async () => {
    const nemesis = nemesisOf(pauseFamily);
    await invoke(nemesis, test, "pause", { nodes: ["n2"] });
    await test.guards.get("n2")?.expire();
    expect(await stateOf(db.pid("n2"))).toMatch(/^[SR]$/);
    const resumed = await invoke(nemesis, test, "resume");
    expect(resumed.type).toBe("info");
    expect(evidenceOf(resumed).summary).toContain("The lease on n2 had run out");
  });

  it("tells of a process that was killed while it stood still, and lets the next one be", async () => {
    const nemesis = nemesisOf(pauseFamily);
    await invoke(nemesis, test, "pause", { nodes: ["n2"] });
    await db.kill(test, "n2");
    const script = test.guards.get("n2")?.scripts.get("pause") ?? "";
    await db.start(test, "n2");
    process.kill(db.pid("n2"), "SIGSTOP");
    await (await test.cluster.session("n2")).exec(["sh", "-c", script]);
    expect(await stateOf(db.pid("n2"))).toBe("T");
    process.kill(db.pid("n2"), "SIGCONT");
    expect(await invoke(nemesis, test, "resume")).toEqual({
      type: "fail",
      error: { code: "skipped", message: "n2: its processes ended while they were paused" },
    });
    expect(await invoke(nemesis, test, "heal-pause")).toMatchObject({ type: "ok" });
  });

  it("skips a killed process", async () => {
    await db.kill(test, "n3");
    const paused = await invoke(nemesisOf(pauseFamily), test, "pause", { nodes: ["n3"] });
    expect(paused).toEqual({
      type: "fail",
      error: { code: "skipped", message: "n3: no process of the database runs there" },
    });
  });

  it("finds a process that stands still at the end, whoever stopped it", async () => {
    process.kill(db.pid("n4"), "SIGSTOP");
    expect(await invoke(nemesisOf(pauseFamily), test, "heal-pause")).toMatchObject({ type: "info" });
  });
});

describe("a node that is gone", () => {
  it("is named at the end, and what was killed on the others runs again", async () => {
    const nemesis = nemesisOf(killFamily);
    await invoke(nemesis, test, "kill", { nodes: ["n1", "n2", "n3"] });
    const started = await invoke(nemesis, without("n2", test), "start-killed");
    expect(started.type).toBe("info");
    expect(evidenceOf(started).summary).toMatch(/^n2: Cannot reach n2\. n1: .* runs now\. n3: .* runs now\.$/);
    const healed = await invoke(nemesis, without("n2", test), "heal-kill");
    expect(healed.type).toBe("info");
    expect(evidenceOf(healed).summary).toBe("n2: Cannot reach n2. The database runs on n1, n3.");
    expect(await invoke(nemesis, test, "heal-kill")).toMatchObject({ type: "ok" });
  });

  it("is named at the end, and what stands still on the others is thawed", async () => {
    const nemesis = nemesisOf(pauseFamily);
    await invoke(nemesis, test, "pause", { nodes: ["n1", "n2"] });
    const healed = await invoke(nemesis, without("n2", test), "heal-pause");
    expect(healed.type).toBe("info");
    expect(evidenceOf(healed).summary).toBe(
      "n2: Cannot reach n2. No process of the database stands still on n1, n3, n4, n5.",
    );
    expect(await stateOf(db.pid("n1"))).toMatch(/^[SR]$/);
    expect(await stateOf(db.pid("n2"))).toBe("T");
    await nemesis.teardown?.(test);
  });
});

describe("what a system cannot have", () => {
  it("is told in one sentence", () => {
    const bare: Db = { setup: async () => {}, teardown: async () => {} };
    expect(killFamily.cannot(context({}, bare))).toContain("lists its processes");
    const listing = { ...bare, roles: ["db"], processes: async () => [] };
    expect(pauseFamily.cannot(context({}, listing))).toContain("can be paused");
    expect(stopFamily.cannot(context({}, listing))).toContain("can be stopped");
    expect(killFamily.cannot(context({ killTargets: ["half"] }))).toContain('not "half"');
    expect(killFamily.cannot(context({ killTargets: ["one", "n1+n3"] }))).toBeUndefined();
  });
});
