import { describe, expect, it } from "vitest";
import { randomStream } from "../../../src/random.ts";
import type { Bug } from "../../../workloads/demo/bugs.ts";
import { type Data, ReplicatedStore } from "../../../workloads/demo/replicated-store.ts";

const nodes = ["n1", "n2", "n3", "n4", "n5"];
const store = (bug?: Bug) => new ReplicatedStore({ nodes, random: randomStream(1, "test"), bug });
const set = (value: number) => (data: Data) => {
  data.set("x", value);
};
const get = (data: Data) => data.get("x") ?? null;

describe("the replicated store", () => {
  it("shows what was acknowledged on every node, also after a new primary", async () => {
    const db = store();
    expect(await db.execute("n4", set(1))).toEqual({ type: "ok", value: undefined });
    expect(await db.isolatePrimary()).toBe("n1");
    expect(db.primary).not.toBe("n1");
    expect(await db.read("n5", get)).toEqual({ type: "ok", value: 1 });
    db.heal();
    expect(await db.execute("n1", set(2))).toMatchObject({ type: "ok" });
    for (const node of nodes) expect(await db.read(node, get)).toEqual({ type: "ok", value: 2 });
  });

  it("does not serve at a primary that lost the others, nor at a node that reaches no primary", async () => {
    const db = store();
    const election = db.isolatePrimary();
    expect(await db.execute("n2", set(1))).toMatchObject({ type: "fail", error: { code: "unreachable" } });
    await election;
    expect(await db.execute("n1", set(2))).toMatchObject({ type: "fail", error: { code: "no-majority" } });
    expect(await db.read("n3", get)).toEqual({ type: "ok", value: null });
  });

  it("does not know about what only the old primary had", async () => {
    const db = store();
    const writing = db.execute("n1", set(1));
    await db.isolatePrimary();
    const answer = await writing;
    const { value } = (await db.read("n2", get)) as { value: number | null };
    // its message was lost: so is the write, and nobody was told that it happened
    expect([answer.type, value]).toEqual(["info", null]);
    db.heal();
    expect(await db.read("n1", get)).toEqual({ type: "ok", value: null });
  });

  it("goes on when an isolation is broken off before the election", async () => {
    const db = store();
    await db.execute("n1", set(1));
    const stop = new AbortController();
    const election = db.isolatePrimary(stop.signal);
    const writing = db.execute("n1", set(2));
    stop.abort(new Error("enough"));
    await expect(election).rejects.toThrow("enough");
    db.heal();
    expect(await writing).toMatchObject({ type: "ok" });
    expect(db.primary).toBe("n1");
    expect(await db.read("n5", get)).toEqual({ type: "ok", value: 2 });
  });

  it("lets nobody see half of a transaction, and does nothing of one that is refused", async () => {
    const db = store();
    const seen: unknown[] = [];
    const both = db.transact(
      "n1",
      (data) => void data.set("x", 1),
      (data) => void data.set("y", 1),
    );
    while (seen.length < 10) {
      const answer = await db.read("n1", (data) => [data.has("x"), data.has("y")]);
      seen.push(answer.type === "ok" ? answer.value : answer);
    }
    expect(await both).toEqual({ type: "ok", value: undefined });
    for (const pair of seen as boolean[][]) expect(pair[0]).toBe(pair[1]);
    const refused = await db.transact(
      "n1",
      () => "no",
      (data) => void data.set("z", 1),
    );
    expect(refused).toMatchObject({ type: "fail", error: { code: "refused", message: "no" } });
    expect(await db.read("n1", (data) => data.has("z"))).toEqual({ type: "ok", value: false });
  });

  it("wants at least three nodes", () => {
    expect(() => new ReplicatedStore({ nodes: ["a", "b"], random: randomStream(1) })).toThrow(/at least 3/);
  });
});

describe("its bugs", () => {
  it("stale-reads: a slow node answers from what it has", async () => {
    const db = store("stale-reads");
    await db.execute("n1", set(1));
    expect(await db.read("n5", get)).toEqual({ type: "ok", value: null });
    expect(await db.execute("n5", get)).toEqual({ type: "ok", value: 1 });
  });

  it("lost-writes: what was acknowledged is gone with the primary", async () => {
    const db = store("lost-writes");
    const election = db.isolatePrimary();
    expect(await db.execute("n1", set(1))).toMatchObject({ type: "ok" });
    await election;
    expect(await db.read("n2", get)).toEqual({ type: "ok", value: null });
  });

  it("split-brain: the old primary goes on by itself", async () => {
    const db = store("split-brain");
    await db.isolatePrimary();
    expect(await db.execute("n1", set(1))).toMatchObject({ type: "ok" });
    expect(await db.execute("n2", set(2))).toMatchObject({ type: "ok" });
    expect(await db.read("n1", get)).toEqual({ type: "ok", value: 1 });
    expect(await db.read("n3", get)).toEqual({ type: "ok", value: 2 });
    db.heal();
    expect(await db.read("n1", get)).toEqual({ type: "ok", value: 2 });
  });

  it("dirty-reads: the halves of a transaction can be seen apart", async () => {
    const db = store("dirty-reads");
    const both = db.transact(
      "n1",
      (data) => void data.set("x", 1),
      (data) => void data.set("y", 1),
    );
    const seen = await db.read("n1", (data) => [data.has("x"), data.has("y")]);
    expect(seen).toEqual({ type: "ok", value: [true, false] });
    expect(await both).toEqual({ type: "ok", value: undefined });
  });
});
