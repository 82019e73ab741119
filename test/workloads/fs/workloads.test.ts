import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Client, Invocation, Test } from "../../../src/test.ts";
import { intactChecker } from "../../../workloads/fs/lock.ts";
import { fsSuite } from "../../../workloads/fs/suite.ts";
import { run } from "../../checker/run-checker.ts";
import { historyOf } from "../../history/rows.ts";
import { LocalSession } from "./local-session.ts";

const session = new LocalSession();
const test = { nodes: ["here"], cluster: { session: async () => session } } as unknown as Test;
let base = "";
let open: Client[] = [];
let index = 0;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "fs-workloads-"));
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((client) => client.close()));
  await rm(base, { recursive: true, force: true });
});

/** Two connected clients of a workload, set up as a run does it. */
async function clientsOf(name: string, flags: object = {}): Promise<readonly [Client, Client]> {
  const options = fsSuite.options.parse({ directory: base, clientTimeout: 20, ...flags });
  const { client } = fsSuite.workloads[name]!({ nodes: ["here"], concurrency: 2, options });
  expect(client.setup).toBeDefined(); // or the run would not call it
  const pair = [await client.open(test, "here"), await client.open(test, "here")] as const;
  open.push(...pair);
  for (const each of pair) await each.setup!(test);
  return pair;
}

function perform(client: Client, f: string, value: unknown = null) {
  const op: Invocation = { index: index++, time: 0, type: "invoke", process: 0, f, value, key: 0, node: "here" };
  return client.invoke(test, op, new AbortController().signal);
}

const file = (...path: readonly string[]) => join(base, "jepsen-ts-fs", ...path);

describe("the file system workloads", () => {
  it("fs-append: a reader that keeps the file open sees what is appended, and at the end opens it anew", async () => {
    const [one, other] = await clientsOf("fs-append", { keepOpen: true });
    await perform(one, "append", 3);
    expect(await perform(other, "read")).toEqual({ type: "ok", value: [3] });
    await perform(one, "append", 4);
    expect(await perform(other, "read")).toEqual({ type: "ok", value: [3, 4] });
    await rm(file("append", "0"));
    await perform(one, "append", 5);
    expect(await perform(other, "read")).toEqual({ type: "ok", value: [3, 4] });
    expect(await perform(other, "read", "anew")).toEqual({ type: "ok", value: [5] });
  });

  it("fs-append: sees nothing, then every record in order, and what is torn as it is", async () => {
    const [one, other] = await clientsOf("fs-append");
    expect(await perform(one, "read")).toEqual({ type: "ok", value: null });
    expect(await perform(one, "append", 3)).toEqual({ type: "ok" });
    expect(await perform(other, "append", 1)).toEqual({ type: "ok" });
    expect(await perform(one, "read")).toEqual({ type: "ok", value: [3, 1] });
    await writeFile(file("append", "0"), "half a rec", { flag: "a" });
    expect(await perform(other, "read")).toEqual({ type: "ok", value: [3, 1, { torn: "half a rec" }] });
  });

  it.each(["fs-register", "fs-rename"])("%s: overwrites, and tells a mix from a value", async (name) => {
    const [one, other] = await clientsOf(name);
    expect(await perform(one, "read")).toEqual({ type: "ok", value: null });
    for (const value of [1, 2]) expect(await perform(one, "write", value)).toEqual({ type: "ok" });
    expect(await perform(other, "read")).toEqual({ type: "ok", value: 2 });
    await writeFile(file(name.slice(3), "0"), "neither");
    expect((await perform(other, "read")).value).toHaveProperty("torn");
  });

  it("fs-rename: takes an empty file for a violation, fs-register for one that was not written yet", async () => {
    const [renames] = await clientsOf("fs-rename");
    await writeFile(file("rename", "0"), "");
    expect(await perform(renames, "read")).toEqual({ type: "ok", value: { torn: "an empty file" } });
    const [registers] = await clientsOf("fs-register");
    await writeFile(file("register", "0"), "");
    expect(await perform(registers, "read")).toEqual({ type: "ok", value: null });
  });

  it("fs-set: lists what was added, and does not know about what was there already", async () => {
    const [one, other] = await clientsOf("fs-set");
    for (const element of [5, 7]) expect(await perform(one, "add", element)).toEqual({ type: "ok" });
    expect(await perform(other, "add", 5)).toMatchObject({ type: "info", error: { code: "EEXIST" } });
    const { type, value } = await perform(other, "read");
    expect([type, (value as number[]).sort()]).toEqual(["ok", [5, 7]]);
  });

  it.each(["links", "directories"])("fs-set of %s: makes each name once", async (setOf) => {
    const [one, other] = await clientsOf("fs-set", { setOf });
    for (const element of [5, 7]) expect(await perform(one, "add", element)).toEqual({ type: "ok" });
    expect(await perform(other, "add", 7)).toMatchObject({ type: "info", error: { code: "EEXIST" } });
    await writeFile(file("set", "8x"), "");
    const { value } = await perform(other, "read");
    expect([...(value as unknown[])].sort()).toEqual([5, 7, "8x"]);
    const { isDirectory, links } = await stat(file("set", "5")).then((it) => ({
      isDirectory: it.isDirectory(),
      links: it.nlink,
    }));
    expect(isDirectory ? "directories" : "links").toBe(setOf);
    if (setOf === "links") expect(links).toBe(1); // the name that it was written under is gone
  });

  it.each(["size", "attribute"])("fs-register: keeps its value in the file's %s", async (storage) => {
    const [one, other] = await clientsOf("fs-register", { storage });
    expect(await perform(one, "read")).toEqual({ type: "ok", value: null });
    for (const value of [4, 0]) expect(await perform(one, "write", value)).toEqual({ type: "ok" });
    expect(await perform(other, "read")).toEqual({ type: "ok", value: 0 });
    await writeFile(file("register", "0"), "");
    expect(await perform(other, "read")).toEqual({ type: "ok", value: storage === "size" ? null : 0 });
    await rm(file("register", "0"));
    expect(await perform(other, "read")).toEqual({ type: "ok", value: null });
    await writeFile(file("register", "0"), "");
    expect(await perform(other, "read")).toEqual({ type: "ok", value: null });
  });

  it.each([
    ["fs-append", "append", [1]],
    ["fs-register", "write", 1],
    ["fs-rename", "write", 1],
  ] as const)("%s: gives each file a folder of its own", async (name, f, seen) => {
    const [one, other] = await clientsOf(name, { ownFolders: true });
    expect(await perform(one, "read")).toEqual({ type: "ok", value: null });
    expect(await perform(one, f, 1)).toEqual({ type: "ok" });
    expect(await perform(other, "read")).toEqual({ type: "ok", value: seen });
    expect((await stat(file(name.slice(3), "0"))).isDirectory()).toBe(true);
  });

  it("refuse a folder in which there are files already", async () => {
    const [one] = await clientsOf("fs-set");
    await perform(one, "add", 1);
    await expect(one.setup!(test)).rejects.toThrow(/files in it already/);
  });

  it("fs-counter: counts", async () => {
    const [one, other] = await clientsOf("fs-counter");
    expect(await perform(one, "read")).toEqual({ type: "ok", value: 0 });
    for (const client of [one, other, one]) expect(await perform(client, "add", 1)).toEqual({ type: "ok" });
    expect(await perform(other, "read")).toEqual({ type: "ok", value: 3 });
  });

  it.each(["fcntl", "flock"])("fs-lock: additions at the same time are all there, with %s", async (lock) => {
    const pair = await clientsOf("fs-lock", { lock });
    const adding = pair.map(async (client) => {
      for (let n = 0; n < 15; n++) expect(await perform(client, "add", 1)).toEqual({ type: "ok" });
    });
    await Promise.all(adding);
    expect(await perform(pair[0], "read")).toEqual({ type: "ok", value: 30 });
  });

  it("fs-lock: a torn counter is found", async () => {
    const [one] = await clientsOf("fs-lock");
    await writeFile(file("lock", "counter"), "00000012:ab");
    const { type, error } = await perform(one, "add", 1);
    expect([type, error?.code]).toEqual(["fail", "torn"]);
    const history = historyOf([0, "invoke", "add", 1], [0, "fail", "add", 1, { error: error! }]);
    expect((await run(intactChecker(), history)).valid).toBe(false);
    expect((await run(intactChecker(), historyOf([0, "invoke", "add", 1], [0, "ok", "add", 1]))).valid).toBe(true);
  });

  it("remove their folder at the end, and nothing else of the directory", async () => {
    const [one] = await clientsOf("fs-append");
    await writeFile(join(base, "mine"), "x");
    await one.teardown!(test);
    expect((await session.exec(["ls", base])).stdout).toBe("mine\n");
  });

  it("cannot be used before they are connected", async () => {
    const options = fsSuite.options.parse({});
    const { client } = fsSuite.workloads["fs-append"]!({ nodes: ["here"], concurrency: 2, options });
    await expect(perform(client, "read")).rejects.toThrow(/not connected/);
  });
});
