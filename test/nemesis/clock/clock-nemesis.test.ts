import { beforeEach, describe, expect, it } from "vitest";
import type { Evidence } from "../../../src/test.ts";
import { World } from "./world.ts";

let world: World;

beforeEach(async () => {
  world = new World();
  await world.nemesis.setup(world.test);
});

const summary = (completion: { readonly evidence?: Evidence }) => completion.evidence?.summary ?? "";
const offsetsOf = (completion: { readonly value?: unknown }) =>
  (completion.value as { clockOffsets: Record<string, number> }).clockOffsets;

describe("bump-clock", () => {
  it("is proven by the database's own clock, and tells all offsets", async () => {
    const done = await world.invoke("bump-clock", { n2: 60_000, n3: -30_000 });
    expect(done).toMatchObject({ type: "ok", evidence: { proven: true } });
    expect(offsetsOf(done)).toEqual({ n1: 0, n2: 60, n3: -30 });
    expect(summary(done)).toBe(
      "n2 is +60.000 s off by its database's own clock; n3 is -30.000 s off by its database's own clock; n1 is true; the control host's clock was not moved.",
    );
    expect([...world.registered]).toEqual([
      ["n2", "undo n2"],
      ["n3", "undo n3"],
    ]);
  });

  it("is proven by what was read back where the database's clock is too coarse, and says so", async () => {
    const done = await world.invoke("bump-clock", { n2: 11 });
    expect(done.type).toBe("ok");
    expect(summary(done)).toContain(
      "n2 is +0.011 s off by the bytes read back (the database's own clock has steps of 1 s",
    );
  });

  it("is proven by what was read back where the database does not show its clock", async () => {
    world = new World({ showsClock: false });
    await world.nemesis.setup(world.test);
    const done = await world.invoke("bump-clock", { n2: 60_000 });
    expect(done.type).toBe("ok");
    expect(summary(done)).toContain("(the database does not show its clock)");
  });

  it("adds up, and a rate goes on through it", async () => {
    await world.invoke("bump-clock", { n2: 60_000 });
    await world.invoke("drift-clock", { n2: 50_000 });
    world.elapsedMs += 20_000;
    const done = await world.invoke("bump-clock", { n2: -10_000 });
    expect(done.type).toBe("ok");
    expect(offsetsOf(done).n2).toBeCloseTo(51, 6);
  });

  it.each([
    [
      "somebody takes the patch away",
      () => {
        world.at("n2").isSabotaged = true;
      },
      /db \(process 100\) on n2 is \+0\.000 s off instead of \+60\.000 s/,
    ],
    [
      "the patch has no effect",
      () => {
        world.at("n2").isIneffective = true;
      },
      /the database's own clock on n2 is about .* off instead of \+60\.000 s/,
    ],
    [
      "another node's database is shifted as well",
      () => {
        world.at("n1").processes = [{ pid: 100, shift: { offsetNs: 5e9, ratePpm: 0, t0Ns: "0" } }];
      },
      /on n1 is \+5\.000 s off instead of true/,
    ],
    [
      "the control host's clock moves",
      () => {
        world.hostMovedMs = 60_000;
      },
      /the control host's clock was moved by \+60\.000 s/,
    ],
    [
      "a node's kernel clock moves",
      () => {
        world.at("n3").kernelMovedMs = 60_000;
      },
      /n3's kernel clock was moved by \+60\.000 s/,
    ],
    [
      "the database does not answer",
      () => {
        world.at("n2").isSilent = true;
      },
      /the database on n2 did not tell its time \(connection refused\)/,
    ],
  ])("is indeterminate when %s", async (_name, sabotage, sentence) => {
    sabotage();
    const done = await world.invoke("bump-clock", { n2: 60_000 });
    expect(done).toMatchObject({ type: "info", error: { code: "unproven" }, evidence: { proven: false } });
    expect(summary(done)).toMatch(sentence);
  });

  it("is skipped where no process runs, and done on the others", async () => {
    world.kill("n2");
    expect(await world.invoke("bump-clock", { n2: 60_000 })).toMatchObject({
      type: "fail",
      error: { code: "skipped", message: "n2: no process of the database runs there" },
    });
    const done = await world.invoke("bump-clock", { n2: 60_000, n3: 5_000 });
    expect(done).toMatchObject({ type: "ok", value: { skipped: { n2: "no process of the database runs there" } } });
    expect([...world.registered.keys()]).toEqual(["n3"]);
  });

  it("is skipped where another fault ends the process just then, and what was in force before stays so", async () => {
    await world.invoke("bump-clock", { n3: 5_000 });
    for (const node of ["n2", "n3"]) world.at(node).isKilledMeanwhile = true;
    const message = "n2: its processes ended just then; n3: its processes ended just then";
    expect(await world.invoke("bump-clock", { n2: 60_000, n3: 60_000 })).toMatchObject({
      type: "fail",
      error: { code: "skipped", message },
    });
    expect([...world.registered.keys()]).toEqual(["n3"]);
    for (const node of ["n2", "n3"]) world.at(node).isKilledMeanwhile = false;
    for (const node of ["n2", "n3"]) await world.restart(node);
    expect(offsetsOf(await world.invoke("check-clock-offsets"))).toEqual({ n1: 0, n2: 0, n3: 5 });
  });

  it("is proven by what was read back where the database is paused, and says so", async () => {
    world.at("n2").isPaused = true;
    const done = await world.invoke("bump-clock", { n2: 60_000 });
    expect(done.type).toBe("ok");
    expect(summary(done)).toContain("n2 is +60.000 s off by the bytes read back (the database is paused)");
    expect(done.value).toMatchObject({ description: "n2 +60 s" });
  });

  it.each([[{ n9: 5 }], [{}], ["n2"], [null], [{ n2: Number.NaN }], [{ n2: 1e15 }]])(
    "does nothing with %j",
    async (value) => {
      expect(await world.invoke("bump-clock", value)).toMatchObject({ type: "fail", error: { code: "bad-value" } });
      expect(world.registered.size).toBe(0);
    },
  );

  it("rejects when it is aborted, and the next reset cleans up", async () => {
    await expect(world.invoke("bump-clock", { n2: 60_000 }, AbortSignal.abort(new Error("enough")))).rejects.toThrow(
      "enough",
    );
    expect((await world.invoke("reset-clock")).type).toBe("ok");
  });
});

describe("what happens while a shift is in force", () => {
  beforeEach(async () => {
    await world.invoke("bump-clock", { n2: 60_000 });
  });

  it("a restarted process gets the same shift", async () => {
    await world.restart("n2");
    const done = await world.invoke("check-clock-offsets");
    expect(done.type).toBe("ok");
    expect(offsetsOf(done)).toEqual({ n1: 0, n2: 60, n3: 0 });
  });

  it("a drift goes on in a restarted process as if nothing had been", async () => {
    await world.invoke("drift-clock", { n2: 10_000 });
    world.elapsedMs += 100_000;
    await world.restart("n2");
    expect(offsetsOf(await world.invoke("check-clock-offsets")).n2).toBeCloseTo(61, 6);
  });

  it("a node that was never shifted is left alone by its starts", async () => {
    await world.restart("n1");
    expect(world.at("n1").applied).toBe(0);
  });

  it("a restarted process that cannot be shifted makes the next operation indeterminate, once", async () => {
    world.at("n2").isSabotaged = true;
    await world.restart("n2");
    expect(world.log).toEqual([
      expect.stringMatching(/^After a start, the clock shift of n2 could not be applied again/),
    ]);
    expect(summary(await world.invoke("reset-clock"))).toMatch(/^After a start/);
    expect((await world.invoke("reset-clock")).type).toBe("ok");
  });

  it("a killed database elsewhere does not spoil the proof of another fault", async () => {
    world.kill("n2");
    const done = await world.invoke("bump-clock", { n3: 5_000 });
    expect(done.type).toBe("ok");
    expect(summary(done)).toContain("no process of the database runs on n2");
  });

  it("a lease that ran out makes the next operation indeterminate, and starts bring nothing back", async () => {
    await world.expire("n2");
    await world.restart("n2");
    expect(world.at("n2").processes[0]?.shift).toBeUndefined();
    const done = await world.invoke("reset-clock");
    expect(done).toMatchObject({ type: "info", evidence: { proven: false } });
    expect(summary(done)).toContain("The lease on n2 had run out");
    expect((await world.invoke("reset-clock")).type).toBe("ok");
  });

  it("after a lease ran out, a jump counts from the true time", async () => {
    await world.expire("n2");
    const done = await world.invoke("bump-clock", { n2: 5_000 });
    expect(done.type).toBe("info");
    expect(offsetsOf(done).n2).toBe(5);
  });
});

describe("reset-clock", () => {
  it("measures before and after, and lets go of the nodes", async () => {
    await world.invoke("bump-clock", { n2: 60_000 });
    const done = await world.invoke("reset-clock");
    expect(done.type).toBe("ok");
    expect(summary(done)).toMatch(/^Before: n2 is \+60\.000 s off .* After: n1, n2, n3 are true/);
    expect(offsetsOf(done)).toEqual({ n1: 0, n2: 0, n3: 0 });
    expect(world.registered.size).toBe(0);
  });

  it("is indeterminate when the shift had gone before, though the clocks are true now", async () => {
    await world.invoke("bump-clock", { n2: 60_000 });
    await world.at("n2").reset();
    const done = await world.invoke("reset-clock");
    expect(done).toMatchObject({ type: "info", evidence: { proven: false } });
    expect((await world.invoke("reset-clock")).type).toBe("ok");
  });

  it("can be told which nodes", async () => {
    await world.invoke("bump-clock", { n2: 60_000, n3: 60_000 });
    const done = await world.invoke("reset-clock", ["n3"]);
    expect(done.type).toBe("ok");
    expect(offsetsOf(done)).toEqual({ n1: 0, n2: 60, n3: 0 });
    expect(await world.invoke("reset-clock", ["n9"])).toMatchObject({ type: "fail" });
  });

  it("keeps a node in mind that it could not reach", async () => {
    await world.invoke("bump-clock", { n2: 60_000 });
    world.at("n2").isUnreachable = true;
    const reset = await world.invoke("reset-clock");
    expect(reset.type).toBe("info");
    expect(summary(reset)).toMatch(/^n2: .*no route to host.* n1, n3.* true/);
    world.at("n2").isUnreachable = false;
    await world.nemesis.teardown(world.test);
    expect(world.at("n2").processes[0]?.shift).toBeUndefined();
  });
});

describe("drift-clock", () => {
  it("goes on from where the clock is, and is seen by the database once it is large", async () => {
    await world.invoke("drift-clock", { n2: 50_000 });
    world.elapsedMs += 100_000;
    const done = await world.invoke("drift-clock", { n2: -50_000 });
    expect(summary(done)).toContain("n2 is +5.000 s off by its database's own clock");
    world.elapsedMs += 100_000;
    const later = await world.invoke("check-clock-offsets");
    expect(later.type).toBe("ok");
    expect(offsetsOf(later).n2).toBeCloseTo(0, 6);
  });
});

describe("strobe-clock", () => {
  const strobe = { deltaMs: 30_000, periodMs: 10, durationMs: 1_000 };

  it("is proven by the database's own clock, and leaves nothing", async () => {
    const done = await world.invoke("strobe-clock", { n2: strobe });
    expect(done.type).toBe("ok");
    expect(summary(done)).toMatch(/n2 was switched by 30000 ms 100 times .* was seen shifted in \d+ of \d+ answers/);
    expect(world.registered.size).toBe(0);
    expect(world.at("n2").processes[0]?.shift).toBeUndefined();
  });

  it("leaves the shift that was in force", async () => {
    await world.invoke("bump-clock", { n2: 60_000 });
    const done = await world.invoke("strobe-clock", { n2: strobe });
    expect(done.type).toBe("ok");
    expect(offsetsOf(done).n2).toBe(60);
    expect(world.registered.has("n2")).toBe(true);
  });

  it("is indeterminate when the database was never seen shifted", async () => {
    world.at("n2").isIneffective = true;
    const done = await world.invoke("strobe-clock", { n2: strobe });
    expect(done.type).toBe("info");
    expect(summary(done)).toMatch(/was never seen shifted in \d+ answers/);
  });

  it("is indeterminate when its switches could not be read back", async () => {
    world.at("n2").isStrobeLost = true;
    const done = await world.invoke("strobe-clock", { n2: { ...strobe, deltaMs: 4 } });
    expect(done.type).toBe("info");
    expect(summary(done)).toMatch(/switched 100 times, 0 of them read back/);
  });

  it("is skipped where the process ended before the first switch, and cut short where it ended later", async () => {
    world.at("n2").isKilledMeanwhile = true;
    expect(await world.invoke("strobe-clock", { n2: strobe })).toMatchObject({ type: "fail" });
    world.at("n3").isKilledMeanwhile = true;
    world.at("n3").switchesBefore = 7;
    const done = await world.invoke("strobe-clock", { n3: strobe });
    expect(done.type).toBe("ok");
    expect(summary(done)).toContain("7 times in 1 ms, until a process ended");
    expect(world.registered.size).toBe(0);
  });

  it("is bounded in its duration", async () => {
    expect(await world.invoke("strobe-clock", { n2: { ...strobe, durationMs: 60_000 } })).toMatchObject({
      type: "fail",
    });
  });
});

describe("the end", () => {
  it("sets every clock right and forgets the database", async () => {
    await world.invoke("bump-clock", { n1: 11, n2: 60_000 });
    await world.nemesis.teardown(world.test);
    expect(world.hooks.size).toBe(0);
    for (const node of world.nodes) expect(world.at(node).processes[0]?.shift).toBeUndefined();
  });
});
