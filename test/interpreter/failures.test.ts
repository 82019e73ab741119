import { afterEach, describe, expect, test, vi } from "vitest";
import { JepsenError } from "../../src/errors.ts";
import { any, clients, delivery, lane, limit, onUpdate, phases, repeat, sleep } from "../../src/generator/index.ts";
import type { Completion, GeneratorLike, Op } from "../../src/test.ts";
import { clientOf, flawsOf, nemesisOf, ok, pause, silent, stubborn, worldOf } from "./world.ts";

const reads = (count: number): GeneratorLike => clients(limit(count, repeat({ f: "read" })));
const endings = (history: readonly Op[]) => history.filter(({ type }) => type !== "invoke");

afterEach(() => {
  vi.useRealTimers();
});

describe("a client", () => {
  test("that cannot be opened makes a fail: the process stays, and it is tried again", async () => {
    let tries = 0;
    const open = async () => {
      if (++tries < 3) throw new JepsenError("connect", "n1 refuses");
    };
    const client = clientOf(ok, { open });
    const { interpreter, history, lines } = worldOf({ client, concurrency: 1 });
    await interpreter.run("main", reads(3));
    await interpreter.close();
    expect(endings(history).map(({ type, process, error }) => [type, process, error?.code])).toEqual([
      ["fail", 0, "no-client"],
      ["fail", 0, "no-client"],
      ["ok", 0, undefined],
    ]);
    expect(lines).toEqual(["the client for n1 could not be opened: n1 refuses"]); // said once
    expect([client.opened.length, client.closed.length]).toEqual([1, 1]);
  });

  test("that does not open in time makes a fail, and serves the next operation when it has opened", async () => {
    let letIn: () => void = () => undefined;
    const open = () =>
      new Promise<void>((resolve) => {
        letIn = resolve;
      });
    const client = clientOf(ok, { open });
    const { interpreter, history } = worldOf({ client, concurrency: 1, operationTimeoutMs: 30 });
    const openLater = onUpdate((self, _test, _context, event) => {
      if (event.type === "fail") letIn();
      return self;
    }, reads(2));
    await interpreter.run("main", openLater);
    await interpreter.close();
    expect(endings(history).map(({ type, process, error }) => [type, process, error?.code])).toEqual([
      ["fail", 0, "no-client"],
      ["ok", 0, undefined],
    ]);
    expect([client.opened.length, client.closed.length]).toEqual([1, 1]);
  });

  test.each<[string, () => Promise<Completion>, string, string]>([
    ["rejects", () => Promise.reject(new Error("reset")), "indeterminate", "reset"],
    [
      "throws",
      () => {
        throw new TypeError("undefined is not a database");
      },
      "indeterminate",
      "undefined is not a database",
    ],
    [
      "rejects with a system's error",
      () => Promise.reject(Object.assign(new Error("broken pipe"), { code: "EPIPE" })),
      "EPIPE",
      "broken pipe",
    ],
    ["rejects with an error of ours", () => Promise.reject(new JepsenError("remote", "exit 1")), "remote", "exit 1"],
  ])("that %s makes an info", async (_what, invoke, code, message) => {
    const { interpreter, history } = worldOf({ client: clientOf(invoke), concurrency: 1 });
    await interpreter.run("main", reads(2));
    await interpreter.close();
    expect(endings(history)).toMatchObject([
      { type: "info", process: 0, error: { code, message } },
      { type: "info", process: 1, error: { code, message } },
    ]);
    expect(flawsOf(history)).toEqual([]);
  });

  test("that does not answer in time makes an info, and its late answer is thrown away", async () => {
    const signals: AbortSignal[] = [];
    const late = async (op: { readonly value: unknown }, signal: AbortSignal): Promise<Completion> => {
      if (op.value === "fast") return { type: "ok" };
      signals.push(signal);
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return { type: "ok", value: "too late" };
    };
    const { interpreter, history } = worldOf({ client: clientOf(late), concurrency: 1, operationTimeoutMs: 25 });
    await interpreter.run(
      "main",
      clients([
        { f: "w", value: "slow" },
        { f: "w", value: "fast" },
      ]),
    );
    await interpreter.close();
    expect(endings(history)).toMatchObject([
      { type: "info", process: 0, value: "slow", error: { code: "timeout", message: "no answer within 25 ms" } },
      { type: "ok", process: 1, value: "fast" },
    ]);
    expect(flawsOf(history)).toEqual([]);
    expect(signals[0]?.aborted).toBe(true);
    expect(signals[0]?.reason).toMatchObject({ code: "timeout" });
  });

  test("that does not let go of an operation is not given another, and ends the run in the end", async () => {
    const client = clientOf((op) =>
      op.value === "stuck" ? stubborn(op, new AbortController().signal) : ok(op, new AbortController().signal),
    );
    const { interpreter, history } = worldOf({ client, concurrency: 1, operationTimeoutMs: 20, stallMs: 60 });
    const work = clients([
      { f: "w", value: "stuck" },
      { f: "w", value: "next" },
    ]);
    await expect(interpreter.run("main", work)).rejects.toMatchObject({
      code: "stalled",
      message: expect.stringMatching(
        /The client of thread 0 \(node n1\) holds on to w 'stuck' \(operation 0\).*must end an operation when its signal fires/,
      ),
      data: { waitingFor: [{ thread: 0, node: "n1", op: expect.objectContaining({ index: 0 }) }] },
    });
    expect(history.map(({ type, error }) => [type, error?.code])).toEqual([
      ["invoke", undefined],
      ["info", "timeout"],
    ]);
    expect(interpreter.phases).toMatchObject([{ outcome: "failed", operations: 1, info: 1 }]);
  });

  test("that does not let go does not end a run in which others go on: its thread takes no part, and that is said", async () => {
    let stuck = 0;
    const client = clientOf((op, signal) =>
      op.process === 0 && stuck++ === 0 ? stubborn(op, signal) : pause(1).then(() => ({ type: "ok" as const })),
    );
    const { interpreter, history, lines } = worldOf({ client, concurrency: 2, operationTimeoutMs: 15, stallMs: 30 });
    const untilSaid: GeneratorLike = () => (lines.length === 0 ? { f: "read" } : undefined);
    await interpreter.run("main", clients(untilSaid));
    await interpreter.close();
    expect(history.filter(({ error }) => error?.code === "timeout")).toHaveLength(1);
    expect(history.every(({ process }) => (process as number) <= 1)).toBe(true); // process 2 never came to be
    expect(flawsOf(history)).toEqual([]);
    expect(lines).toEqual([expect.stringMatching(/thread 0 \(node n1\) holds on to read null .* takes no part\.$/)]);
  });

  test("that breaks its contract ends the run, naming it, with a complete history", async () => {
    for (const [answer, sentence] of [
      [undefined, /answered read null with undefined, but a completion is a record/],
      [{ type: "done" }, /the type of a completion must be "ok"/],
      [{ type: "fail", error: "no" }, /an error must be a record/],
      [{ type: "ok", evidence: {} }, /evidence must be a record/],
    ] as const) {
      const { interpreter, history } = worldOf({ client: clientOf(async () => answer as never), concurrency: 2 });
      await expect(interpreter.run("main", reads(5))).rejects.toMatchObject({
        code: "client",
        message: expect.stringMatching(sentence),
      });
      await interpreter.close();
      expect(flawsOf(history)).toEqual([]);
      expect(endings(history).every(({ type }) => type === "info")).toBe(true);
    }
    const noClient = { ...clientOf(ok), open: async () => ({}) as never };
    const { interpreter } = worldOf({ client: noClient });
    await expect(interpreter.run("main", reads(1))).rejects.toThrow(
      /open\(test, "n\d"\) gave \{\}, which is no client/,
    );
    await interpreter.close();
  });

  test("that does not close does not keep the run from ending", async () => {
    const client = clientOf(ok, { close: () => new Promise(() => undefined) });
    const { interpreter, lines } = worldOf({ client, concurrency: 1 });
    await interpreter.run("main", reads(1));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const closed = interpreter.close();
    await vi.advanceTimersByTimeAsync(5_000);
    await closed;
    expect(lines).toEqual(["a client of n1 did not close within 5000 ms"]);
  });

  test("that cannot be closed is said", async () => {
    const client = clientOf(ok, { close: () => Promise.reject(new Error("half-open")) });
    const { interpreter, lines } = worldOf({ client, concurrency: 1 });
    await interpreter.run("main", reads(1));
    await interpreter.close();
    expect(lines).toEqual(["a client of n1 could not be closed: half-open"]);
  });
});

describe("a nemesis", () => {
  test("that does not end in time makes an info; its lane goes on when it has let go", async () => {
    const nemesis = nemesisOf(["cut", "heal"], (op, signal) => (op.f === "cut" ? silent(op, signal) : ok(op, signal)));
    const { interpreter, history } = worldOf({
      nemeses: new Map([["nemesis:partition", nemesis]]),
      nemesisTimeoutMs: 20,
    });
    await interpreter.run("main", lane("partition", [{ f: "cut" }, { f: "heal" }]));
    await interpreter.close();
    expect(endings(history)).toMatchObject([
      { f: "cut", type: "info", process: "nemesis:partition", error: { code: "timeout" } },
      { f: "heal", type: "ok", process: "nemesis:partition" },
    ]);
  });
});

describe("a generator", () => {
  test("that throws ends the run; operations in flight may end, and are recorded", async () => {
    let answer: (completion: Completion) => void = () => undefined;
    const client = clientOf(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const throwing: GeneratorLike = () => {
      setTimeout(() => answer({ type: "ok", value: 9 }), 20);
      throw new Error("no such table");
    };
    const { interpreter, history } = worldOf({ client, concurrency: 2 });
    const failed = expect(interpreter.run("main", clients([{ f: "a" }, throwing]))).rejects;
    await failed.toMatchObject({
      code: "generator",
      message: expect.stringMatching(/no such table\. The generator: OnThreads/),
    });
    expect(history).toMatchObject([{ type: "invoke" }, { type: "ok", value: 9 }]);
    await interpreter.run("heal", undefined); // it can still be used
    await interpreter.close();
  });

  test("that throws at an event ends the run with the event", async () => {
    const { interpreter, history } = worldOf({ concurrency: 1 });
    const deaf = onUpdate((_self, _test, _context, event) => {
      if (event.type === "ok") throw new Error("deaf");
      return _self;
    }, reads(9));
    await expect(interpreter.run("main", deaf)).rejects.toThrow(/told of \{.*type: 'ok'.*deaf/s);
    await interpreter.close();
    expect(flawsOf(history)).toEqual([]);
    expect(history).toHaveLength(2);
  });

  test("that gives what is no operation ends the run with what is wrong", async () => {
    const { interpreter } = worldOf();
    const wrong = {
      next: () => ({ op: { type: "invoke", f: 3, process: 0, time: 0 } as never, next: undefined }),
      update: () => undefined,
    };
    await expect(interpreter.run("main", wrong)).rejects.toThrow(/its "f" must be a string/);
    await interpreter.close();
  });

  test("that waits for what never comes ends the run, naming it", async () => {
    const { interpreter, history } = worldOf({ stallMs: 40 });
    const waiting = clients([{ f: "a" }, delivery().generator]);
    await expect(interpreter.run("main", waiting)).rejects.toMatchObject({
      code: "stalled",
      message: expect.stringMatching(/"main" makes no progress: nothing is in flight.*Delivered/s),
    });
    await interpreter.close();
    expect(flawsOf(history)).toEqual([]);
  });

  test("that waits for a known time is not stalled, however long", async () => {
    const { interpreter, history } = worldOf({ stallMs: 10 });
    await interpreter.run(
      "main",
      clients([{ f: "a" }, { f: "b", time: 60e6 }, sleep(0.04), phases(undefined, { f: "c" })]),
    );
    await interpreter.close();
    expect(endings(history)).toHaveLength(3);
  });

  test("whose operation is always a little later than now gets it done all the same", async () => {
    const { interpreter, history } = worldOf({ stallMs: 500 });
    const soon: GeneratorLike = (_test, { time }) => ({ f: "a", time: time + 3e6 });
    await interpreter.run("main", clients(limit(3, soon)));
    await interpreter.close();
    expect(endings(history)).toHaveLength(3);
  });
});

describe("the journal", () => {
  test("that throws ends the run as a disk error, and every later phase as well", async () => {
    let left = 5;
    const journal = () => {
      if (left-- === 0) throw new Error("ENOSPC");
    };
    const { interpreter } = worldOf({ journal });
    const disk = { code: "disk", message: expect.stringMatching(/could not be written: ENOSPC/) };
    await expect(interpreter.run("main", reads(50))).rejects.toMatchObject(disk);
    await interpreter.close();
  });

  test("that rejects ends the run as a disk error, and every later phase as well", async () => {
    let left = 5;
    const { interpreter } = worldOf({
      journal: () => (left-- > 0 ? undefined : Promise.reject(new JepsenError("disk", "The disk is full."))),
    });
    await expect(interpreter.run("main", reads(50))).rejects.toMatchObject({
      code: "disk",
      message: "The disk is full.",
    });
    await expect(interpreter.run("heal", reads(1))).rejects.toMatchObject({ code: "disk" });
    await interpreter.close();
  });

  test("that asks to wait holds up new operations, but not completions", async () => {
    const history: Op[] = [];
    let ready: () => void = () => undefined;
    const journal = (op: Op) => {
      history.push(op);
      if (op.index !== 1) return undefined;
      return new Promise<void>((resolve) => {
        ready = resolve;
      });
    };
    const client = clientOf(() => pause(10).then(() => ({ type: "ok" as const })));
    const { interpreter } = worldOf({ journal, client, concurrency: 2 });
    const running = interpreter.run("main", reads(20));
    await vi.waitFor(() => expect(history).toHaveLength(4), 10_000); // two began; both ended
    await pause(30);
    expect(history.map(({ type }) => type)).toEqual(["invoke", "invoke", "ok", "ok"]);
    ready();
    await running;
    await interpreter.close();
    expect(flawsOf(history)).toEqual([]);
    expect(history).toHaveLength(40);
  });

  test("that never catches up ends the run, saying so", async () => {
    const { interpreter } = worldOf({ journal: () => new Promise(() => undefined), stallMs: 40 });
    await expect(interpreter.run("main", reads(5))).rejects.toThrow(
      /the history has not been written for .* Is the disk hung/,
    );
    await interpreter.close();
  });

  test("that cannot write a value gives the operation another end, and the run its own", async () => {
    const history: Op[] = [];
    const journal = (op: Op) => {
      if (op.value === "a cycle") throw new JepsenError("client", "it has no JSON");
      history.push(op);
    };
    const { interpreter } = worldOf({
      journal,
      concurrency: 1,
      client: clientOf(async () => ({ type: "ok", value: "a cycle" })),
    });
    await expect(interpreter.run("main", reads(3))).rejects.toMatchObject({
      code: "client",
      message: "it has no JSON",
    });
    await interpreter.close();
    expect(history).toMatchObject([{ type: "invoke" }, { type: "info", value: null, error: { code: "client" } }]);
    expect(flawsOf(history)).toEqual([]);
  });
});

describe("stopping", () => {
  test("gracefully: no new operations, those in flight end, sleepers wake", async () => {
    const stop = new AbortController();
    let calls = 0;
    const client = clientOf(async () => {
      if (++calls === 10) stop.abort();
      await pause(2);
      return { type: "ok" };
    });
    const { interpreter, history } = worldOf({
      client,
      concurrency: 3,
      nemeses: new Map([["nemesis:kill", nemesisOf(["kill"], ok)]]),
    });
    const endless = any(clients(repeat({ f: "a" })), lane("kill", sleep(1_000)));
    const summary = await interpreter.run("main", endless, { stop: stop.signal });
    expect(summary).toMatchObject({ outcome: "stopped", operations: calls, ok: calls });
    expect(flawsOf(history)).toEqual([]);
    await interpreter.run("final reads", reads(2));
    await interpreter.close();
    expect(flawsOf(history)).toEqual([]);
  });

  test("before it begins: nothing happens", async () => {
    const { interpreter, history } = worldOf();
    expect(await interpreter.run("main", reads(5), { stop: AbortSignal.abort() })).toMatchObject({
      outcome: "stopped",
      operations: 0,
    });
    expect(history).toEqual([]);
    await interpreter.close();
  });

  test("at once: what is in flight is info, and its signals fire", async () => {
    const signals: AbortSignal[] = [];
    const client = clientOf((op, signal) => {
      signals.push(signal);
      return silent(op, signal);
    });
    const { interpreter, history, abort } = worldOf({ client, concurrency: 3 });
    const running = interpreter.run("main", reads(9));
    const failed = expect(running).rejects.toMatchObject({ code: "aborted" });
    await vi.waitFor(() => expect(signals).toHaveLength(3), 10_000);
    abort.abort();
    await failed;
    expect(endings(history).map(({ type, error }) => `${type} ${error?.code}`)).toEqual(Array(3).fill("info aborted"));
    expect(flawsOf(history)).toEqual([]);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    await interpreter.close();
  });
});
