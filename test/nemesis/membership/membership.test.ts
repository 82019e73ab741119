import { beforeEach, describe, expect, it } from "vitest";
import { membershipFamily } from "../../../nemesis/membership/membership.ts";
import { MembershipNemesis } from "../../../nemesis/membership/membership-nemesis.ts";
import { mergeViews, survivesWith, survivesWithout, voters } from "../../../nemesis/membership/views.ts";
import { JepsenError } from "../../../src/errors.ts";
import type { Member, Members } from "../../../src/members.ts";
import type { Db, Kill, Processes, Test } from "../../../src/test.ts";
import { evidenceOf, invoke, type LocalTest, localTest, without } from "../local-test.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];

/** Members that agree at once, and every way in which they do not. */
class FakeCluster implements Db, Members, Kill, Processes {
  readonly roles = ["db"];
  members = new Map(NODES.map((node) => [node, `${node}-0`]));
  silent = new Set<string>();
  running = new Set(NODES);
  /** Nodes that have not heard of the last change. */
  views = new Map<string, readonly Member[]>();
  refusal: string | undefined;
  isDeaf = false;
  asked = 0;
  #joins = 0;

  async setup(): Promise<void> {}

  async teardown(): Promise<void> {}

  async memberView(_test: Test, node: string): Promise<readonly Member[] | undefined> {
    this.asked++;
    if (this.silent.has(node) || !this.running.has(node)) return undefined;
    return this.views.get(node) ?? [...this.members].map(([each, id]) => ({ node: each, id, isVoter: true }));
  }

  async removeMember(_test: Test, node: string): Promise<void> {
    if (this.refusal) throw new JepsenError("remote", this.refusal, { refused: true });
    if (!this.isDeaf) this.members.delete(node);
  }

  async addMember(_test: Test, node: string): Promise<void> {
    if (this.isDeaf) throw new JepsenError("timeout", "no answer");
    this.members.set(node, `${node}-${++this.#joins}`);
    this.running.add(node);
  }

  async kill(_test: Test, node: string): Promise<void> {
    this.running.delete(node);
  }

  async start(_test: Test, node: string): Promise<void> {
    this.running.add(node);
  }

  async processes(_test: Test, node: string) {
    return this.running.has(node) ? [{ role: "db", pid: process.pid }] : [];
  }
}

let db: FakeCluster;
let test: LocalTest;
let nemesis: MembershipNemesis;

beforeEach(() => {
  db = new FakeCluster();
  test = localTest(NODES, db);
  nemesis = new MembershipNemesis({ unsafe: false });
});

describe("membership", () => {
  it("takes a member out, tells it on the node, and lets another one join in its place", async () => {
    const out = await invoke(nemesis, test, "remove-member", { nodes: ["n2"] });
    expect(out).toMatchObject({ type: "ok", value: { nodes: ["n2"] }, evidence: { proven: true } });
    expect(evidenceOf(out).summary).toContain("see the members n1, n3, n4, n5");
    expect(db.running.has("n2")).toBe(false);
    expect(test.guards.get("n2")?.notes[0]).toContain("The member n2-0 on n2 is taken out");
    const back = await invoke(nemesis, test, "add-member");
    expect(back).toMatchObject({ type: "ok", value: { nodes: ["n2"] }, evidence: { proven: true } });
    expect(db.members.get("n2")).toBe("n2-1");
    expect(await invoke(nemesis, test, "add-member")).toMatchObject({ type: "fail" });
    expect(await invoke(nemesis, test, "heal-membership")).toMatchObject({ type: "ok" });
  });

  it("never takes out more than a majority can do without, unless it is asked to", async () => {
    db.silent = new Set(["n4", "n5"]);
    const kept = await invoke(nemesis, test, "remove-member", { nodes: ["n1"] });
    expect(kept).toMatchObject({ type: "fail", error: { message: "without n1 too few members would answer" } });
    const silent = await invoke(nemesis, test, "remove-member", { nodes: ["n4"] });
    expect(silent).toMatchObject({ type: "ok" });
    db.silent.clear();
    await invoke(nemesis, test, "remove-member", { nodes: ["n1"] });
    const last = await invoke(nemesis, test, "remove-member", { nodes: ["n2"] });
    expect(last).toMatchObject({ type: "fail", error: { message: "only 3 members are left" } });
    const unsafe = await invoke(nemesis, test, "remove-member", { nodes: ["n2"], unsafe: true });
    expect(unsafe).toMatchObject({ type: "ok" });
    expect(await invoke(nemesis, test, "heal-membership")).toMatchObject({ type: "ok" });
    expect([...db.members.keys()].sort()).toEqual(NODES);
  });

  it("is skipped when the database refuses, when nobody agrees, and for what is no member", async () => {
    db.refusal = "unhealthy cluster";
    const refused = await invoke(nemesis, test, "remove-member", { nodes: ["n3"] });
    expect(refused).toEqual({ type: "fail", error: { code: "skipped", message: "unhealthy cluster" } });
    db.refusal = undefined;
    db.members.delete("n3");
    expect(await invoke(nemesis, test, "remove-member", { nodes: ["n3"] })).toMatchObject({ type: "fail" });
    db.silent = new Set(["n1", "n2"]);
    db.running.delete("n4");
    const none = await invoke(nemesis, test, "remove-member", { nodes: ["n5"] });
    expect(none.error?.message).toContain("no majority of the members agrees");
  });

  it("says indeterminate when somebody else added the node", async () => {
    await invoke(nemesis, test, "remove-member", { nodes: ["n2"] });
    db.members.set("n2", "n2-foreign");
    const back = await invoke(nemesis, test, "add-member");
    expect(back).toMatchObject({ type: "info", evidence: { proven: false } });
    expect(evidenceOf(back).summary).toContain("n2 was a member again although nobody here had added it");
  });

  it("waits for no node that is gone, and names it; the others join again", async () => {
    await invoke(nemesis, test, "remove-member", { nodes: ["n3"] });
    db.silent.add("n2");
    db.asked = 0;
    const healed = await invoke(nemesis, without("n2", test), "heal-membership");
    expect(healed.type).toBe("info");
    expect(evidenceOf(healed).summary).toBe("n2: Cannot reach n2.");
    expect([...db.members.keys()].sort()).toEqual(NODES);
    expect(db.asked).toBeLessThan(10 * NODES.length); // looked a few times, not until its time was over
  });

  it("says indeterminate when a node cannot join, and leaves the rest to the end", async () => {
    await invoke(nemesis, test, "remove-member", { nodes: ["n2"] });
    db.isDeaf = true;
    const started = invoke(nemesis, test, "add-member");
    setTimeout(() => {
      db.isDeaf = false;
      db.members.set("n2", "n2-late");
      db.running.add("n2");
    }, 300);
    expect(await started).toMatchObject({ type: "info" });
    expect(await invoke(nemesis, test, "heal-membership")).toMatchObject({ type: "ok" });
  });
});

describe("views", () => {
  const member = (node: string, isVoter = true): Member => ({ id: `id-${node}`, node, isVoter });
  const all = NODES.map((node) => member(node));
  const without = all.filter(({ node }) => node !== "n5");

  it("are merged into what most of its own members see", () => {
    const merged = mergeViews(new Map([["n5", all], ...["n1", "n2", "n3"].map((node) => [node, without] as const)]));
    expect(merged).toMatchObject({ members: without, answering: ["n1", "n2", "n3"], agreeing: ["n1", "n2", "n3"] });
    const torn = new Map([...["n1", "n2"].map((node) => [node, without] as const), ["n3", all], ["n4", all]] as const);
    expect(mergeViews(torn)).toBeUndefined();
    expect(mergeViews(new Map())).toBeUndefined();
  });

  it("tell who may leave and whether one may join", () => {
    const view = mergeViews(new Map(["n1", "n2", "n3"].map((node) => [node, all])))!;
    expect(voters(view)).toEqual(NODES);
    expect(NODES.map((node) => survivesWithout(view, node))).toEqual([false, false, false, true, true]);
    expect(survivesWith(view)).toBe(false);
    const learning = [...without, member("n5", false)];
    const four = mergeViews(new Map(["n1", "n2", "n3", "n4"].map((node) => [node, learning])))!;
    expect(voters(four)).toEqual(["n1", "n2", "n3", "n4"]);
    expect(survivesWith(four)).toBe(true);
  });
});

describe("the family", () => {
  it("needs members that can change", () => {
    const context = { nodes: NODES, db, options: {}, intervalMs: 1 };
    expect(membershipFamily.cannot(context)).toBeUndefined();
    expect(membershipFamily.cannot({ ...context, db: undefined })).toContain("leave and join");
    expect(membershipFamily.cannot({ ...context, nodes: ["n1", "n2"] })).toContain("three nodes");
  });
});
