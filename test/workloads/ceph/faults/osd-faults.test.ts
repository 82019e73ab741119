import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Completion, Invocation, NemesisPackage, Session, Test } from "../../../../src/test.ts";
import type { CephDb } from "../../../../workloads/ceph/db.ts";
import { clusterView, isClean } from "../../../../workloads/ceph/faults/cluster-view.ts";
import { osdFull } from "../../../../workloads/ceph/faults/osd-full.ts";
import { osdLoss } from "../../../../workloads/ceph/faults/osd-loss.ts";
import { osdOut } from "../../../../workloads/ceph/faults/osd-out.ts";
import type { Command } from "../../../../workloads/ceph/monitor-commands.ts";

const nodes = ["n1", "n2", "n3", "n4"];

/** What monitors, OSDs and disks do, without any of them: one pool of four groups, each on the first two OSDs that are in. */
class World {
  readonly osds = nodes.map((_, osd) => ({ osd, uuid: `first-${osd}`, up: 1, in: 1, lost_at: 0 }));
  readonly disks = nodes.map(() => true);
  leader: string | undefined = "n1";
  /** Monitors say yes and do nothing. */
  ignores = false;
  clean = true;
  /** The limits above which an OSD is full, as they were set; each holds one part in a hundred. */
  readonly limits: Record<string, number> = { nearfull: 0.85, backfillfull: 0.9, full: 0.95 };

  readonly command: Command = async (what) => {
    const id = Number((what.ids as readonly string[] | undefined)?.[0]);
    const osd = this.osds[id];
    switch (what.prefix) {
      case "osd dump":
        return {
          full_ratio: Math.fround(this.limits.full ?? 0),
          osds: this.osds.map((each) => ({
            ...each,
            state: this.isFull ? ["exists", "full", "up"] : ["exists", "up"],
          })),
          pools: [
            { pool: 1, pool_name: "jepsen", pg_num: 4, flags_names: this.isFull ? "hashpspool,full" : "hashpspool" },
          ],
        };
      case "osd set-nearfull-ratio":
      case "osd set-backfillfull-ratio":
      case "osd set-full-ratio":
        if (!this.ignores) this.limits[what.prefix.slice("osd set-".length, -"-ratio".length)] = what.ratio as number;
        return "";
      case "pg map":
        return {
          up: this.osds
            .filter((each) => each.in === 1)
            .slice(0, 2)
            .map((each) => each.osd),
        };
      case "status": {
        const states = [{ state_name: this.clean ? "active+clean" : "active+undersized", count: 4 }];
        return { mgrmap: { available: true }, pgmap: { num_pgs: 4, pgs_by_state: states } };
      }
      case "osd out":
      case "osd in":
        if (osd && !this.ignores) osd.in = what.prefix === "osd in" ? 1 : 0;
        return "";
      default:
        throw new Error(`unexpected ${String(what.prefix)}`);
    }
  };

  readonly db = {
    options: { size: 3 },
    leader: async () => this.leader,
    ask: async (_test: Test, _via: string, act: (command: Command) => Promise<unknown>) => act(this.command),
    processes: async (_test: Test, node: string) => (this.at(node).up === 1 ? [{ role: "osd", pid: 7 }] : []),
    kill: async (_test: Test, node: string) => this.set(node, { up: 0 }),
    start: async (_test: Test, node: string): Promise<void> => this.set(node, { up: 1 }),
    loseDisk: async (_test: Test, node: string) => {
      if (this.ignores) return;
      this.disks[nodes.indexOf(node)] = false;
      this.set(node, { lost_at: 9 });
    },
    replaceDisk: async (_test: Test, node: string) => {
      this.disks[nodes.indexOf(node)] = true;
      this.set(node, { uuid: "second" });
    },
  };

  readonly test = {
    nodes,
    db: this.db,
    log: () => {},
    guard: () => ({ note: async () => {} }),
    cluster: {
      session: async (node: string) =>
        ({
          exec: async () => ({ code: this.disks[nodes.indexOf(node)] ? 0 : 1, stdout: "", stderr: "" }),
        }) as unknown as Session,
    },
  } as unknown as Test;

  /** An OSD takes no limit for lower than the one before it. */
  get isFull(): boolean {
    return Math.max(...Object.values(this.limits)) < 0.01;
  }

  at(node: string) {
    return this.osds[nodes.indexOf(node)] as World["osds"][number];
  }

  set(node: string, change: Partial<World["osds"][number]>) {
    Object.assign(this.at(node), change);
  }

  async do({ nemesis }: NemesisPackage, f: string, value: unknown = null): Promise<Completion> {
    const op = { type: "invoke", process: "nemesis", f, value, index: 0, time: 0 } as unknown as Invocation;
    return nemesis.invoke(this.test, op, new AbortController().signal);
  }

  package(make: typeof osdOut | typeof osdLoss | typeof osdFull): NemesisPackage {
    return make(this.db as unknown as CephDb, 1000, nodes);
  }
}

describe("osd-out", () => {
  it("is proven by the map and the placement, and undone likewise", async () => {
    const world = new World();
    const fault = world.package(osdOut);
    expect(await world.do(fault, "osd-out", { nodes: ["n1"] })).toMatchObject({
      type: "ok",
      value: { nodes: ["n1"] },
      evidence: { summary: expect.stringContaining("of its 4 placement groups none") },
    });
    expect(world.at("n1").in).toBe(0);
    expect(await world.do(fault, "osd-in")).toMatchObject({ type: "ok", evidence: { proven: true } });
    expect(world.at("n1").in).toBe(1);
  });

  it("leaves as many in as there are copies, and skips what makes no sense", async () => {
    const world = new World();
    const fault = world.package(osdOut);
    await world.do(fault, "osd-out", { nodes: ["n1"] });
    expect(await world.do(fault, "osd-out", { order: ["n2"] })).toMatchObject({
      type: "fail",
      error: { message: "only 2 OSDs would be left for as many copies" },
    });
    expect((await world.do(fault, "osd-out", { nodes: ["n9"] })).type).toBe("fail");
    world.leader = undefined;
    expect((await world.do(fault, "osd-out", { nodes: ["n3"] })).error?.message).toBe("no monitor leads now");
  });

  it("says when it was undone behind its back", async () => {
    const world = new World();
    const fault = world.package(osdOut);
    await world.do(fault, "osd-out", { nodes: ["n1"] });
    world.set("n1", { in: 1 });
    expect(await world.do(fault, "osd-in")).toMatchObject({
      type: "info",
      error: { message: expect.stringContaining("was in again") },
    });
  });
});

describe("osd-full", () => {
  it("is proven by what the monitors call full, and undone by Ceph's own limits", async () => {
    const world = new World();
    const fault = world.package(osdFull);
    expect(await world.do(fault, "free-osds")).toMatchObject({ type: "fail" });
    expect(await world.do(fault, "fill-osds")).toMatchObject({
      type: "ok",
      evidence: { summary: "4 of 4 OSDs and 1 pools are full." },
    });
    expect(world.isFull).toBe(true);
    expect(await world.do(fault, "fill-osds")).toMatchObject({ type: "fail" });
    expect(await world.do(fault, "free-osds")).toMatchObject({ type: "ok", evidence: { proven: true } });
    expect(world.limits).toEqual({ nearfull: 0.85, backfillfull: 0.9, full: 0.95 });
    expect(await world.do(fault, "heal-full-osds")).toMatchObject({ type: "ok" });
  });

  it("says when there was room behind its back, and does nothing where no monitor leads", async () => {
    const world = new World();
    const fault = world.package(osdFull);
    world.leader = undefined;
    expect((await world.do(fault, "fill-osds")).error?.message).toBe("no monitor leads now");
    world.leader = "n1";
    await world.do(fault, "fill-osds");
    world.limits.full = 0.95;
    expect(await world.do(fault, "free-osds")).toMatchObject({
      type: "info",
      error: { message: expect.stringContaining("There was room before") },
    });
  });

  it("is indeterminate when nothing gets full", async () => {
    const world = new World();
    world.ignores = true;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const done = world.do(world.package(osdFull), "fill-osds");
    await vi.advanceTimersByTimeAsync(16_000);
    expect(await done).toMatchObject({ type: "info", evidence: { proven: false } });
  });
});

describe("osd-loss", () => {
  it("is proven by the process, the disk and the map, and undone by another disk", async () => {
    const world = new World();
    const fault = world.package(osdLoss);
    expect(await world.do(fault, "lose-osd", { nodes: ["n2"] })).toMatchObject({
      type: "ok",
      value: { nodes: ["n2"] },
    });
    expect(world.disks[1]).toBe(false);
    expect(await world.do(fault, "lose-osd", { nodes: ["n3"] })).toMatchObject({ type: "fail" });
    expect(await world.do(fault, "replace-osd")).toMatchObject({ type: "ok", value: { nodes: ["n2"], clean: true } });
    expect(world.at("n2")).toMatchObject({ uuid: "second", up: 1 });
    expect(await world.do(fault, "heal-osd-loss")).toMatchObject({ type: "ok" });
  });

  it("leaves an OSD alone that another fault ends while it comes back", async () => {
    const world = new World();
    const fault = world.package(osdLoss);
    await world.do(fault, "lose-osd", { nodes: ["n2"] });
    world.db.start = async () => {}; // started, and killed at once
    const replaced = await world.do(fault, "replace-osd");
    expect(replaced).toMatchObject({ type: "ok", value: { clean: true } });
    expect(replaced.evidence?.summary).toContain("another fault has ended it");
  });

  it("is indeterminate when the disk is still there", async () => {
    const world = new World();
    world.ignores = true;
    const lost = await world.do(world.package(osdLoss), "lose-osd", { nodes: ["n2"] });
    expect(lost.type).toBe("info");
    expect(lost.error?.message).toMatch(/disk of the OSD on n2 is still there.*not given up/);
  });

  it("takes the next disk only when every group has had all its copies again", async () => {
    const world = new World();
    const fault = world.package(osdLoss);
    await world.do(fault, "lose-osd", { nodes: ["n2"] });
    world.clean = false;
    expect(await world.do(fault, "replace-osd")).toMatchObject({ type: "ok", value: { clean: false } });
    expect((await world.do(fault, "lose-osd", { nodes: ["n3"] })).error?.message).toMatch(/copies back/);
    world.clean = true;
    expect(await world.do(fault, "lose-osd", { nodes: ["n3"] })).toMatchObject({ type: "ok" });
  });
});

describe("the view of the cluster", () => {
  it("counts the groups on each OSD", async () => {
    const { osds, groups } = await clusterView(new World().command);
    expect(osds.get(3)).toEqual({ uuid: "first-3", isUp: true, isIn: true, lostAt: 0 });
    expect(Object.fromEntries(groups)).toEqual({ 0: 4, 1: 4 });
  });

  it("takes nothing for clean that no manager vouches for", async () => {
    const status = {
      mgrmap: { available: false },
      pgmap: { num_pgs: 1, pgs_by_state: [{ state_name: "active+clean", count: 1 }] },
    };
    expect(await isClean(async () => status)).toBe(false);
    expect(await isClean(async () => ({ ...status, mgrmap: { available: true } }))).toBe(true);
  });
});
