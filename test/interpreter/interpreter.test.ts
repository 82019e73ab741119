import { describe, expect, test } from "vitest";
import {
  any,
  clients,
  concurrentKeys,
  lane,
  limit,
  log,
  mix,
  phases,
  repeat,
  reserve,
  sleep,
} from "../../src/generator/index.ts";
import type { Progress } from "../../src/interpreter/interpreter.ts";
import { randomStream } from "../../src/random.ts";
import type { GeneratorLike } from "../../src/test.ts";
import { clientOf, flawsOf, nemesisOf, ok, pause, silent, worldOf } from "./world.ts";

const reads = (count: number): GeneratorLike => clients(limit(count, repeat({ f: "read" })));

describe("a run", () => {
  test("records every invocation and its completion, with times that strictly increase", async () => {
    const client = clientOf(async ({ f, value }) => ({ type: "ok", value: f === "read" ? 7 : value }));
    const { interpreter, history } = worldOf({ client, concurrency: 4 });
    const work = mix([repeat({ f: "read" }), () => ({ f: "write", value: [1], key: "k" })]);
    const summary = await interpreter.run("main", clients(limit(300, work)));
    await interpreter.close();
    expect(flawsOf(history)).toEqual([]);
    expect(history).toHaveLength(600);
    expect(summary).toMatchObject({
      phase: "main",
      outcome: "finished",
      operations: 300,
      ok: 300,
      fail: 0,
      info: 0,
      faults: 0,
    });
    expect(history.find(({ f, type }) => f === "read" && type === "invoke")).toMatchObject({ value: null });
    expect(history.find(({ f, type }) => f === "read" && type === "ok")).toMatchObject({ value: 7 });
    expect(history.find(({ f, type }) => f === "write" && type === "ok")).toMatchObject({ value: [1], key: "k" });
  });

  test("thread t talks to node t mod the number of nodes, and every client that was opened is closed", async () => {
    const client = clientOf(ok);
    const { interpreter, history } = worldOf({ client, concurrency: 5 });
    await interpreter.run("main", reads(100));
    await interpreter.close();
    for (const { process, node } of history) expect(node).toBe(["n1", "n2", "n3"][((process as number) % 5) % 3]);
    expect(client.opened.toSorted()).toEqual(["n1", "n1", "n2", "n2", "n3"]);
    expect(client.closed.toSorted()).toEqual(client.opened.toSorted());
  });

  test("without nodes, operations have none", async () => {
    const client = clientOf(ok);
    const { interpreter, history } = worldOf({
      client: { ...client, open: async () => ({ ...client, invoke: async () => ({ type: "ok" }) }) },
      nodes: [],
    });
    await interpreter.run("main", reads(3));
    await interpreter.close();
    expect(history.every((op) => !("node" in op))).toBe(true);
  });

  test("after each info the thread is a new process with a new client", async () => {
    const client = clientOf(async () => ({ type: "info" }));
    const { interpreter, history } = worldOf({ client, concurrency: 1 });
    await interpreter.run("main", reads(3));
    await interpreter.close();
    expect(history.map(({ process, type }) => [process, type])).toEqual([
      [0, "invoke"],
      [0, "info"],
      [1, "invoke"],
      [1, "info"],
      [2, "invoke"],
      [2, "info"],
    ]);
    expect([client.opened.length, client.closed.length]).toEqual([3, 3]);
  });

  test("a reusable client serves the next process as well", async () => {
    const client = clientOf(async () => ({ type: "info" }), { reusable: true });
    const { interpreter, history } = worldOf({ client, concurrency: 2 });
    await interpreter.run("main", reads(20));
    await interpreter.close();
    expect(new Set(history.map(({ process }) => process)).size).toBe(20);
    expect([client.opened.length, client.closed.length]).toEqual([2, 2]);
  });

  test("does not let operations look concurrent that are not: completions come before new operations", async () => {
    const { interpreter, history } = worldOf({
      concurrency: 3,
      client: clientOf(() => pause(1).then(() => ({ type: "ok" as const }))),
    });
    await interpreter.run("main", clients(phases(limit(3, repeat({ f: "a" })), limit(3, repeat({ f: "b" })))));
    await interpreter.close();
    expect(history.findLastIndex(({ f }) => f === "a")).toBeLessThan(history.findIndex(({ f }) => f === "b"));
    expect(flawsOf(history)).toEqual([]);
  });

  test("goes on from phase to phase: processes, clients, index and time", async () => {
    let calls = 0;
    const client = clientOf(async () => ({ type: ++calls === 1 ? "info" : "ok" }));
    const { interpreter, history } = worldOf({ client, concurrency: 1 });
    await interpreter.run("main", reads(1));
    await interpreter.run("final reads", reads(1));
    await interpreter.close();
    expect(history.map(({ process }) => process)).toEqual([0, 0, 1, 1]);
    expect(flawsOf(history)).toEqual([]);
    const [main, final] = interpreter.phases;
    expect(interpreter.phases.map(({ phase, operations }) => [phase, operations])).toEqual([
      ["main", 1],
      ["final reads", 1],
    ]);
    expect(final?.startTime).toBeGreaterThanOrEqual(main?.endTime as number);
  });

  test("of nothing ends at once", async () => {
    const { interpreter, history } = worldOf();
    for (const nothing of [undefined, null, []]) await interpreter.run("main", nothing);
    expect(history).toEqual([]);
    await interpreter.close();
  });

  test("refuses a second phase at the same time", async () => {
    const { interpreter } = worldOf();
    const first = interpreter.run("main", reads(50));
    await expect(interpreter.run("heal", reads(1))).rejects.toThrow(/"heal" was begun while "main" goes on/);
    await first;
    await interpreter.close();
  });

  test("the same seed gives the same operations, whatever the timing of the clients", async () => {
    const values = async (seed: number, slow: boolean) => {
      let calls = 0;
      const client = clientOf(async () => {
        if (slow && ++calls % 7 === 0) await pause(calls % 3);
        return { type: "ok" };
      });
      const { interpreter, history } = worldOf({ client, seed, concurrency: 3 });
      const write: GeneratorLike = (_test, { random }) => ({ f: "write", value: random.int(1e6) });
      await interpreter.run("main", clients(limit(100, mix([write, repeat({ f: "read" })]))));
      await interpreter.close();
      return history.filter(({ type }) => type === "invoke").map(({ f, value }) => [f, value]);
    };
    expect(await values(5, true)).toEqual(await values(5, false));
    expect(await values(6, false)).not.toEqual(await values(5, false));
  });

  test("keeps its laws with clients that answer, fail, crash, throw and dawdle as they like", async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const random = randomStream(seed, "clients");
      const client = clientOf(
        async (_op, signal) => {
          const luck = random.int(20);
          if (luck === 0) throw new Error("broken");
          if (luck === 1) return silent(_op, signal);
          if (luck < 6) await pause(random.int(4));
          return { type: luck < 9 ? "info" : luck < 12 ? "fail" : "ok", value: luck };
        },
        { open: async () => (random.int(30) === 0 ? Promise.reject(new Error("refused")) : undefined) },
      );
      const { interpreter, history } = worldOf({ client, seed, concurrency: 7, operationTimeoutMs: 20 });
      const key = (): GeneratorLike => limit(9, mix([repeat({ f: "read" }), () => ({ f: "write", value: 1 })]));
      const work = clients(
        phases(limit(60, reserve([[3, repeat({ f: "a" })]], repeat({ f: "b" }))), concurrentKeys(7, [1, 2, 3], key)),
      );
      const { operations, ok, fail, info } = await interpreter.run("main", work);
      await interpreter.close();
      expect(flawsOf(history)).toEqual([]);
      expect([operations, ok + fail + info]).toEqual([87, 87]);
      expect(client.closed.length).toBe(client.opened.length);
      const started = (f: string) =>
        history.filter((op) => op.f === f && op.type === "invoke").map(({ process }) => (process as number) % 7);
      expect(started("a").every((thread) => thread < 3)).toBe(true);
      expect(started("b").every((thread) => thread >= 3)).toBe(true);
    }
  });

  test("tells how it goes, and how late the event loop was", async () => {
    const seen: Progress[] = [];
    const client = clientOf(() => pause(15).then(() => ({ type: "ok" as const })));
    const { interpreter } = worldOf({ client, concurrency: 1, onProgress: (progress) => seen.push(progress) });
    await interpreter.run("main", reads(30));
    await interpreter.close();
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toMatchObject({ phase: "main", fail: 0, info: 0, faults: [] });
    expect(seen.at(-1)?.operations).toBeGreaterThan(seen[0]?.operations as number);
    const { maxMs, p99Ms } = interpreter.lag();
    expect(maxMs).toBeGreaterThanOrEqual(p99Ms);
    expect(p99Ms).toBeGreaterThanOrEqual(0);
  });
});

describe("log and sleep", () => {
  test("are not in the history: one is said, the other holds its process", async () => {
    const { interpreter, history, lines } = worldOf({ concurrency: 1 });
    await interpreter.run("main", clients([{ f: "a" }, log("half-way"), sleep(0.02), { f: "b" }]));
    await interpreter.close();
    expect(lines).toEqual(["half-way"]);
    expect(history.map(({ f, type }) => [f, type])).toEqual([
      ["a", "invoke"],
      ["a", "ok"],
      ["b", "invoke"],
      ["b", "ok"],
    ]);
    expect(history[2]!.time - history[1]!.time).toBeGreaterThanOrEqual(19e6); // it never ends early, whatever the load
  });
});

describe("nemesis lanes", () => {
  const proven = { proven: true, summary: "n1 hears nobody" };

  test("act at the same time, are never renumbered, and carry evidence", async () => {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let kills = 0;
    const nemeses = new Map([
      [
        "nemesis:partition",
        nemesisOf(["cut"], async () => {
          await held; // until all kills are done: one lane would never get here
          return { type: "ok", evidence: proven };
        }),
      ],
      [
        "nemesis:kill",
        nemesisOf(["kill"], async () => {
          if (++kills === 3) letGo();
          return { type: "info" };
        }),
      ],
    ]);
    const { interpreter, history } = worldOf({ nemeses });
    const faults = any(lane("partition", { f: "cut", value: ["n1"] }), lane("kill", limit(3, repeat({ f: "kill" }))));
    const summary = await interpreter.run("main", any(faults, reads(10)));
    await interpreter.close();
    expect(flawsOf(history)).toEqual([]);
    expect(summary).toMatchObject({ operations: 10, faults: 4 });
    expect(
      history
        .filter(({ f }) => f === "kill")
        .every(({ process, node }) => process === "nemesis:kill" && node === undefined),
    ).toBe(true);
    const end = history.findLast(({ f }) => f === "cut");
    expect(end).toMatchObject({ type: "ok", value: ["n1"], evidence: proven });
    const killed = history.filter(({ f, type, index }) => f === "kill" && type === "info" && index < end!.index);
    expect(killed).toHaveLength(3);
  });

  test("a nemesis that throws is info, and the next fault goes on", async () => {
    let calls = 0;
    const nemesis = nemesisOf(["kill"], async () => {
      if (++calls === 1) throw new Error("no such process");
      return { type: "ok" };
    });
    const { interpreter, history } = worldOf({ nemeses: new Map([["nemesis:kill", nemesis]]) });
    await interpreter.run("main", lane("kill", [{ f: "kill" }, { f: "kill" }]));
    await interpreter.close();
    expect(history.filter(({ type }) => type !== "invoke")).toMatchObject([
      { type: "info", error: { code: "indeterminate", message: "no such process" } },
      { type: "ok" },
    ]);
  });

  test("a fault operation that the lane's nemesis does not know ends the run with what to do", async () => {
    const nemeses = new Map([["nemesis:kill", nemesisOf(["kill", "start"], ok)]]);
    const { interpreter, history } = worldOf({ nemeses });
    await expect(interpreter.run("main", lane("kill", { f: "cut" }))).rejects.toMatchObject({
      code: "generator",
      message: expect.stringMatching(/"cut" to nemesis:kill, whose nemesis knows only kill, start. Route it/),
    });
    await interpreter.close();
    expect(history).toEqual([]);
  });
});
