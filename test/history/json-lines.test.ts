import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadHistory, openJsonLinesWriter, readJsonLines } from "../../src/history/json-lines.ts";
import type { History, Op } from "../../src/history/op.ts";
import { historyOf } from "./rows.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "json-lines-"));
  path = join(folder, "history.jsonl");
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

async function write(history: History): Promise<void> {
  const writer = await openJsonLinesWriter(path);
  for (const op of history) await writer.append(op);
  await writer.close();
}

async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  return promise.then(
    () => expect.fail("it should have been refused"),
    (error) => error,
  );
}

const someValue = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.bigInt(), fc.string({ minLength: 300, unit: "grapheme" }));

/** A well-formed history with every optional member. */
const someHistory = fc
  .array(
    fc.record({
      process: fc.oneof(fc.nat(3), fc.constantFrom<"nemesis" | "nemesis:kill">("nemesis", "nemesis:kill")),
      f: fc.string(),
      value: fc.option(someValue, { nil: undefined }),
      keepValue: fc.boolean(),
      end: fc.constantFrom<Op["type"]>("ok", "fail", "info"),
      key: fc.option(fc.oneof(fc.integer(), fc.string()), { nil: undefined }),
      node: fc.option(fc.constantFrom("n1", "n2"), { nil: undefined }),
      error: fc.option(fc.record({ code: fc.string(), message: fc.string() }), { nil: undefined }),
      evidence: fc.option(fc.record({ proven: fc.boolean(), summary: fc.string(), details: fc.jsonValue() }), {
        nil: undefined,
      }),
    }),
    { maxLength: 30 },
  )
  .map((steps) => {
    const open = new Map<unknown, Op>();
    return steps.map(({ value, keepValue, end, node, error, evidence, ...rest }, index): Op => {
      const begun = open.get(rest.process);
      const ends = begun !== undefined;
      const own = ends && keepValue ? begun.value : value;
      const { f, key } = begun ?? rest;
      const op: Op = {
        index,
        time: index * 1_234_567.5,
        type: ends ? end : "invoke",
        process: rest.process,
        f,
        value: own,
        ...(key === undefined ? {} : { key }),
        ...(node === undefined ? {} : { node }),
        ...(error === undefined ? {} : { error }),
        ...(evidence === undefined ? {} : { evidence }),
      };
      if (ends) open.delete(op.process);
      else open.set(op.process, op);
      return op;
    });
  });

/** As JSON has it: -0 is 0. Whole numbers beyond 2^53 come back as big ones. */
const asJson = (value: unknown): unknown => {
  const isBig = (inner: unknown) =>
    typeof inner === "bigint" ||
    (Number.isInteger(inner) && !Number.isSafeInteger(inner) && Math.abs(inner as number) < 1e21);
  const text = JSON.stringify(value, (_key, inner: unknown) => (isBig(inner) ? `big ${String(inner)}` : inner));
  return text === undefined ? undefined : JSON.parse(text);
};

describe("a history on disk", () => {
  it("comes back as it was, whatever it holds", async () => {
    await fc.assert(
      fc.asyncProperty(someHistory, async (history) => {
        await rm(path, { force: true });
        await write(history);
        const loaded = await loadHistory(path);
        expect(loaded.torn).toBe(false);
        expect(asJson(loaded.history)).toEqual(asJson(history));
      }),
      { numRuns: 150 },
    );
  });

  it("refuses what JSON would change without a word, and names it", async () => {
    const writer = await openJsonLinesWriter(path);
    const op = (value: unknown): Op => ({ index: 3, time: 0, type: "ok", process: 0, f: "read", value });
    expect(() => writer.append(op(new Set([1])))).toThrow(/Operation 3 \(read\) .* a Set in its value/);
    expect(() => writer.append(op({ at: [Number.NaN] }))).toThrow(/\.at\[0\]: NaN in its value/);
    await writer.close();
    expect((await loadHistory(path)).history).toEqual([]);
  });

  it("gives a completion the key of its invocation, and refuses another one", async () => {
    const invoke = '{"process":0,"type":"invoke","f":"read","key":1}';
    await writeFile(path, `${invoke}\n{"process":0,"type":"ok","f":"read","value":2}\n`);
    expect((await loadHistory(path)).history[1]).toMatchObject({ key: 1 });
    await writeFile(path, `${invoke}\n{"process":0,"type":"ok","f":"read","value":2,"key":2}\n`);
    await expect(loadHistory(path)).rejects.toThrow("it has another key than the operation that its process began");
  });

  it("keeps a big integer exact", async () => {
    await write(historyOf([0, "invoke", "read", null], [0, "ok", "read", [9007199254740993n, 1]]));
    expect((await loadHistory(path)).history[1]!.value).toEqual([9007199254740993n, 1]);
  });

  it("holds a long value once, on disk and in memory", async () => {
    const value = { data: "x".repeat(100_000) };
    await write(
      historyOf(
        [0, "invoke", "write", value],
        [1, "invoke", "write", "short"],
        [0, "ok", "write", value],
        [1, "ok", "write", "short"],
      ),
    );
    const lines = (await readFile(path, "utf8")).split("\n");
    expect(lines[2]).toContain('"sameValueAs":0');
    expect(lines[3]).toContain('"value":"short"');
    const { history } = await loadHistory(path);
    expect(history[2]!.value).toEqual(value);
    expect(history[2]!.value).toBe(history[0]!.value);
  });

  it("is on disk while it is still open", async () => {
    const writer = await openJsonLinesWriter(path);
    await writer.append(historyOf([0, "invoke", "read"])[0]!);
    await vi.waitFor(async () => expect((await loadHistory(path)).history).toHaveLength(1), { timeout: 10_000 });
    await writer.close();
  });

  it("is never overwritten", async () => {
    await write([]);
    expect(await failure(openJsonLinesWriter(path))).toMatchObject({
      code: "disk",
      message: expect.stringContaining("exist"),
    });
  });

  it("can be written by hand, without indices and times", async () => {
    await writeFile(
      path,
      '{"type":"invoke","process":0,"f":"read"}\n\n{"type":"ok","process":0,"f":"read","value":1}\n',
    );
    expect((await loadHistory(path)).history).toEqual([
      { index: 0, time: 0, type: "invoke", process: 0, f: "read", value: undefined },
      { index: 1, time: 0, type: "ok", process: 0, f: "read", value: 1 },
    ]);
  });

  it("is read in batches that follow the file, not its size", async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({
      ...historyOf([i, "invoke", "w", "é".repeat(50)])[0]!,
      index: i,
    }));
    await write(rows);
    const sizes: number[] = [];
    for await (const batch of readJsonLines(path)) sizes.push(batch.length);
    expect(sizes.length).toBeGreaterThan(2);
    expect(sizes.reduce((a, b) => a + b)).toBe(20_000);
  });
});

describe("a damaged history", () => {
  it("may be torn anywhere in its last line", async () => {
    const history = historyOf([0, "invoke", "write", "é"], [0, "ok", "write", "é"]);
    await write(history);
    const bytes = await readFile(path);
    const lastLine = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    for (let end = lastLine; end <= bytes.length; end++) {
      await writeFile(path, bytes.subarray(0, end));
      const whole = end >= bytes.length - 1;
      expect(await loadHistory(path)).toEqual({
        history: history.slice(0, whole ? 2 : 1),
        torn: end > lastLine && !whole,
      });
    }
  });

  it.each([
    ["{oops", "it is not JSON"],
    ["[1]", "not a JSON object"],
    ['{"type":"done","process":0,"f":"x"}', '"type"'],
    ['{"type":"ok","process":"alice","f":"x"}', '"process"'],
    ['{"type":"ok","process":0}', '"f"'],
    ['{"type":"ok","process":0,"f":"x","time":"now"}', '"time"'],
    ['{"type":"ok","process":0,"f":"x","key":{}}', '"key"'],
    ['{"type":"ok","process":0,"f":"x","index":5}', "operation 5 where operation 1 belongs"],
    ['{"type":"ok","process":0,"f":"x","sameValueAs":3}', "sameValueAs"],
    ['{"type":"ok","process":0,"f":"x","error":{}}', '"error"'],
    ['{"type":"ok","process":0,"f":"x","evidence":{}}', '"evidence"'],
  ])("names the line %s", async (line, reason) => {
    await writeFile(path, `{"type":"invoke","process":0,"f":"x"}\n${line}\n{"type":"invoke","process":1,"f":"x"}\n`);
    const error = await failure(loadHistory(path));
    expect(error).toMatchObject({ code: "corrupt", data: { file: path, line: 2 } });
    expect(error.message).toMatch(/^Line 2 of /);
    expect(error.message).toContain(reason);
  });

  it("does not pass off a broken last line with a newline as torn", async () => {
    await writeFile(path, '{"type":"invoke"\n');
    expect(await failure(loadHistory(path))).toMatchObject({ code: "corrupt", data: { line: 1 } });
  });

  it("does not pass off a whole but wrong last line as torn", async () => {
    await writeFile(path, '{"type":"invoke","process":0,"f":"x"}\n{"type":"ok","process":0,"f":"x","index":7}');
    expect(await failure(loadHistory(path))).toMatchObject({ code: "corrupt", data: { line: 2 } });
  });

  it("may be missing", async () => {
    expect(await failure(loadHistory(join(folder, "none")))).toMatchObject({ code: "usage" });
  });
});

describe("a full disk", () => {
  /** From now on files take this many bytes more, and then none. */
  async function fill(room: number): Promise<void> {
    const probe = await open(join(folder, "probe"), "w");
    const prototype = Object.getPrototypeOf(probe);
    await probe.close();
    let left = room;
    const real = prototype.write;
    vi.spyOn(prototype, "write").mockImplementation(function (this: unknown, ...args: unknown[]) {
      const [bytes, offset, length] = args as [Buffer, number, number];
      if (left === 0) {
        return Promise.reject(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
      }
      const fits = Math.min(left, length);
      left -= fits;
      return real.call(this, bytes, offset, fits);
    });
  }

  it("rejects close and all later appends, and leaves what was written", async () => {
    const writer = await openJsonLinesWriter(path);
    const history = historyOf([0, "invoke", "write", 1], [0, "ok", "write", 1]);
    const line = '{"index":0,"time":0,"type":"invoke","process":0,"f":"write","value":1}\n';
    await fill(line.length + 10);
    for (const op of history) await writer.append(op);
    await vi.waitFor(async () => {
      const late = await failure(Promise.resolve().then(() => writer.append(history[0]!)));
      expect(late).toMatchObject({ code: "disk" });
    }, 20_000);
    const error = await failure(writer.close());
    expect(error).toMatchObject({ code: "disk" });
    expect(error.message).toContain("the disk is full");
    expect(await loadHistory(path)).toEqual({ history: [history[0]], torn: true });
  });

  it("rejects those who wait for it", async () => {
    const writer = await openJsonLinesWriter(path);
    await fill(1000);
    const value = "x".repeat(1 << 20);
    const waited = (async () => {
      for (let index = 0; index < 40; index++) {
        await writer.append({ index, time: 0, type: "invoke", process: index, f: "write", value });
      }
    })();
    expect(await failure(waited)).toMatchObject({ code: "disk" });
    expect(await failure(writer.close())).toMatchObject({ code: "disk" });
  });
});

describe("the writer", () => {
  it("asks to wait when the disk falls behind, and resumes", async () => {
    const writer = await openJsonLinesWriter(path);
    const value = "x".repeat(1 << 20);
    let waits = 0;
    for (let index = 0; index < 40; index++) {
      const wait = writer.append({ index, time: 0, type: "invoke", process: index, f: "write", value });
      if (wait === undefined) continue;
      waits++;
      await wait;
    }
    await writer.close();
    expect(waits).toBeGreaterThan(0);
    expect((await loadHistory(path)).history).toHaveLength(40);
  });

  it("refuses what has no JSON, and goes on", async () => {
    const writer = await openJsonLinesWriter(path);
    const circle: unknown[] = [];
    circle.push(circle);
    const [bad, good] = historyOf([0, "invoke", "write", circle], [0, "invoke", "write", 1]);
    expect(() => writer.append(bad!)).toThrow(/Operation 0 \(write\) carries something that is no JSON/);
    await writer.append({ ...good!, index: 0 });
    await writer.close();
    expect((await loadHistory(path)).history).toHaveLength(1);
  });

  it("refuses to append after close, and closes twice without harm", async () => {
    const writer = await openJsonLinesWriter(path);
    await writer.close();
    await writer.close();
    expect(await failure(Promise.resolve().then(() => writer.append(historyOf([0, "invoke", "x"])[0]!)))).toMatchObject(
      {
        code: "internal",
      },
    );
  });
});
