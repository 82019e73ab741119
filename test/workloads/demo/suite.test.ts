import { describe, expect, it } from "vitest";
import { assemble, chooseWorkload } from "../../../src/assemble.ts";
import { any, clients, lane, timeLimit } from "../../../src/generator/index.ts";
import type { Op } from "../../../src/history/op.ts";
import { startInterpreter } from "../../../src/interpreter/interpreter.ts";
import type { Options, Result, Test } from "../../../src/test.ts";
import { BUGS, type Bug } from "../../../workloads/demo/bugs.ts";
import { isolatePrimary } from "../../../workloads/demo/isolate-primary.ts";
import { demoSuite } from "../../../workloads/demo/suite.ts";

const nodes = ["n1", "n2", "n3", "n4", "n5"];
const concurrency = 10;
const EVENTS_MIN = 800;

/** A run in this process: main phase, heal, final reads, check. */
async function runDemo(
  given: Options,
  seed: number,
  seconds: number,
  workloadName?: string,
): Promise<Result & { readonly history: Op[] }> {
  const options: Options = { nemesisInterval: 0.15, ...given };
  const context = { nodes, concurrency, options };
  const name = chooseWorkload(demoSuite, workloadName, options);
  const packages = [isolatePrimary(Number(options.nemesisInterval) * 1000)];
  const assembly = assemble(demoSuite, name, context, undefined, packages);
  const { workload, checker } = assembly;
  const test = { name: "demo", nodes, concurrency, options, seed, log: () => {} } as unknown as Test;
  const history: Op[] = [];
  const interpreter = startInterpreter({
    test,
    client: workload.client,
    nemeses: new Map(packages.map((each) => [`nemesis:${each.name}`, each.nemesis])),
    seed,
    journal: (op) => void history.push(op),
    operationTimeoutMs: 5_000,
    nemesisTimeoutMs: 5_000,
    stallMs: 5_000,
    abort: new AbortController().signal,
  });
  const faults = packages.map((each) => lane(each.name, each.generator));
  await interpreter.run("main", timeLimit(seconds, any(clients(workload.generator), ...faults)));
  await interpreter.run("heal", any(...packages.map((each) => lane(each.name, each.finalGenerator))));
  if (workload.finalGenerator !== undefined) await interpreter.run("final", clients(workload.finalGenerator));
  await interpreter.close();
  return { ...(await checker.check(test, history, { timeMs: 20_000, memoryBytes: 1 << 30 })), history };
}

/** The same, longer if need be: a busy machine gets through little in a second, and too little shows nothing. */
async function runEnough(given: Options, seed: number, seconds: number, workloadName?: string) {
  for (let longer = seconds; ; longer *= 3) {
    const run = await runDemo(given, seed, longer, workloadName);
    if (run.history.length >= EVENTS_MIN || longer > 10) return run;
  }
}

describe("the demo suite", () => {
  it.each(BUGS)("finds %s", async (bug: Bug) => {
    const { valid, history, checkers } = await runEnough({ bug }, 3, 1.2);
    expect(valid, `${history.length} events`).toBe(false);
    expect((checkers as Record<string, Result>).faults).toMatchObject({ valid: true });
  });

  it("passes twenty seeds without a bug", async () => {
    const summaries: unknown[] = [];
    for (let seed = 0; seed < 20; seed += 5) {
      const runs = [0, 1, 2, 3, 4].map((more) => runEnough({}, seed + more, 0.6));
      for (const { valid, summary } of await Promise.all(runs)) if (valid !== true) summaries.push(summary);
    }
    expect(summaries).toEqual([]);
  });

  it.each(["set", "bank"])("passes the %s workload without a bug", async (workload) => {
    const { valid, summary } = await runEnough({}, 4, 0.8, workload);
    expect([valid, summary]).toEqual([true, expect.stringContaining("Valid")]);
  });

  it("chooses the workload that shows the bug", () => {
    const chosen = [undefined, ...BUGS].map((bug) => chooseWorkload(demoSuite, undefined, { bug }));
    expect(chosen).toEqual(["register", "register", "set", "register", "bank"]);
    expect(chooseWorkload(demoSuite, "bank", { bug: "stale-reads" })).toBe("bank");
  });
});
