import { join } from "node:path";
import { expect, test } from "vitest";
import { loadHistory } from "../../src/history/json-lines.ts";
import { operations } from "../../src/history/pairs.ts";
import { cli, folder, run } from "./cli.ts";

test("test-all goes through every combination and sums them up", async () => {
  const store = await folder();
  const argv = [
    "test-all",
    "demo",
    "--workloads",
    "register",
    "--seeds",
    "1..2",
    "--time-limit",
    "1",
    "--store",
    store,
  ];
  const good = await cli(argv);
  expect(good).toMatchObject({ code: 0 });
  expect(good.stdout).toContain("Valid: 2");
  const bad = await cli([...argv, "--bug", "stale-reads", "--json"]);
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.stdout).runs).toHaveLength(2);
  const stopped = await cli([...argv, "--bug", "stale-reads", "--stop-at-failure"]);
  expect(stopped.stdout).toContain("Not run: 1");
});

test("flags that test-all chooses itself, and unknown workloads, are refused", async () => {
  expect((await cli(["test-all", "demo", "--seed", "3"])).code).toBe(254);
  expect((await cli(["test-all", "demo", "--workloads", "tango"])).code).toBe(254);
});

test("--replay repeats the faults of a run at the same times", async () => {
  const store = await folder();
  const first = await run([
    "etcd",
    "--nemesis",
    "partition",
    "--partition",
    "one,halves,majorities-ring", // a primary is not always there to aim at
    "--nemesis-interval",
    "2",
    "--time-limit",
    "9",
    "--store",
    store,
  ]);
  const second = await run(["etcd", "--replay", first.directory, "--store", store]);
  expect(second.seed).toBe(first.seed);
  const faults = async (directory: string) => {
    const { history } = await loadHistory(join(directory, "history.jsonl"));
    const began = history[0]?.time ?? 0;
    return operations(history.filter((op) => op.process === "nemesis:partition")).map(({ invoke, completion }) => ({
      f: invoke.f,
      atMs: (invoke.time - began) / 1e6,
      endMs: ((completion?.time ?? began) - began) / 1e6,
      grudge: (completion?.value as { grudge?: unknown } | null)?.grudge,
    }));
  };
  // one at the very end may come just before the time limit in one run and not in the other
  const recorded = (await faults(first.directory)).filter(({ atMs }) => atMs < 8_000);
  const replayed = (await faults(second.directory)).slice(0, recorded.length);
  expect(recorded.length).toBeGreaterThanOrEqual(3);
  expect(replayed.map(({ f, grudge }) => ({ f, grudge }))).toEqual(recorded.map(({ f, grudge }) => ({ f, grudge })));
  const lateMs = replayed.map(({ atMs }, i) => {
    const dueMs = Math.max(recorded[i]?.atMs ?? 0, replayed[i - 1]?.endMs ?? 0); // one that takes long delays the next
    return Math.abs(atMs - dueMs);
  });
  expect(Math.max(...lateMs)).toBeLessThan(1_000); // of some two seconds between them
});
