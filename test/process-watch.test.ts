import { describe, expect, it } from "vitest";
import { JepsenError } from "../src/errors.ts";
import type { Members } from "../src/members.ts";
import { ProcessWatch } from "../src/process-watch.ts";
import type { Db, DbProcess, Kill, Test } from "../src/test.ts";

/** A database of one node whose processes are what the test says they are. */
function watched(first: readonly DbProcess[]) {
  const state = { running: first };
  const db = {
    roles: ["server", "helper"],
    supervised: ["helper"],
    setup: async () => {},
    teardown: async () => {},
    processes: async () => state.running,
    kill: async () => {
      state.running = [];
    },
    start: async () => {
      state.running = [{ role: "server", pid: 20 }];
    },
  };
  const watch = new ProcessWatch(db, () => 5);
  return { state, watch, db: watch.watched() as Db & Kill };
}

const test = { nodes: ["n1"] } as unknown as Test;
const server = (pid: number): DbProcess => ({ role: "server", pid });
const helper = (pid: number): DbProcess => ({ role: "helper", pid });

/** A database whose members end by themselves when they are taken out, as etcd's do. */
class Cluster implements Db, Members {
  readonly roles = ["db"];
  running: DbProcess[] = [{ role: "db", pid: 1 }];
  isRefusing = false;
  async setup() {}
  async teardown() {}
  async processes() {
    return this.running;
  }
  async memberView() {
    return [];
  }
  async removeMember() {
    if (this.isRefusing) throw new JepsenError("remote", "No.", { refused: true });
    this.running = [];
  }
  async addMember() {
    this.running = [{ role: "db", pid: 2 }];
  }
}

async function watching(act: (db: Db & Members, fake: Cluster) => Promise<void>) {
  const fake = new Cluster();
  const watch = new ProcessWatch(fake, () => 0);
  const db = watch.watched() as Db & Members;
  await watch.start(test);
  await act(db, fake);
  return (await watch.stop(test)).map(({ pid, expected }) => ({ pid, expected }));
}

describe("the watch of the database's processes", () => {
  it("finds one that ended by itself, also when another one has its role", async () => {
    const { state, watch } = watched([server(1)]);
    await watch.start(test);
    state.running = [server(2)];
    expect(await watch.stop(test)).toMatchObject([{ node: "n1", role: "server", pid: 1, expected: false, time: 5 }]);
  });

  it("expects the ends that were asked for, and watches what was started", async () => {
    const { state, watch, db } = watched([server(1)]);
    await watch.start(test);
    await db.kill(test, "n1");
    await db.start(test, "n1");
    state.running = [];
    expect(await watch.stop(test)).toMatchObject([
      { pid: 1, expected: true },
      { pid: 20, expected: false },
    ]);
  });

  it("takes a supervised process that was replaced for no finding, and one that is missing at the end for one", async () => {
    const { state, watch } = watched([server(1), helper(2)]);
    await watch.start(test);
    state.running = [server(1), helper(3)];
    expect(await watch.stop(test)).toMatchObject([{ role: "helper", pid: 2, expected: true }]);
    const other = watched([server(1), helper(2)]);
    await other.watch.start(test);
    other.state.running = [server(1)];
    expect(await other.watch.stop(test)).toMatchObject([{ role: "helper", pid: 2, expected: false }]);
  });

  it("a member that was taken out may end by itself", async () => {
    expect(await watching((db) => db.removeMember(test, "n1", "n2"))).toEqual([{ pid: 1, expected: true }]);
  });

  it("a member that stays, or that has joined again, may not", async () => {
    const refused = watching(async (db, fake) => {
      fake.isRefusing = true;
      await db.removeMember(test, "n1", "n2").catch(() => undefined);
      fake.running = [];
    });
    expect(await refused).toEqual([{ pid: 1, expected: false }]);
    const joined = watching(async (db, fake) => {
      await db.removeMember(test, "n1", "n2");
      await db.addMember(test, "n1", "n2");
      fake.running = [];
    });
    expect((await joined).at(-1)).toEqual({ pid: 2, expected: false });
  });
});
