import { join } from "node:path";
import { expect, test } from "vitest";
import { loadHistory } from "../../src/history/json-lines.ts";
import { operations } from "../../src/history/pairs.ts";
import { cli, folder, run, slowness } from "./cli.ts";

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
    return operations(history.filter((op) => op.process === "nemesis:partition"))
      .filter(({ invoke }) => invoke.time - began < 8e9) // one at the very end may fall to either side of it
      .map(({ invoke, completion }) => ({
        f: invoke.f,
        at: (invoke.time - began) / 1e6,
        grudge: (completion?.value as { grudge?: unknown } | null)?.grudge,
      }));
  };
  const [recorded, replayed] = [await faults(first.directory), await faults(second.directory)];
  expect(recorded.length).toBeGreaterThanOrEqual(3);
  expect(replayed.map(({ f, grudge }) => ({ f, grudge }))).toEqual(recorded.map(({ f, grudge }) => ({ f, grudge })));
  const apartMs = replayed.map(({ at }, i) => Math.abs(at - (recorded[i]?.at ?? 0)));
  expect(Math.max(...apartMs)).toBeLessThan(100 * slowness());
});
