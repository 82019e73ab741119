import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { monotonicMs, sleep } from "../../src/clock.ts";
import { loadHistory } from "../../src/history/json-lines.ts";
import type { RunOutcome } from "../../src/store/run-record.ts";
import { type CliResult, cli, folder, start } from "./cli.ts";

/** A suite without nodes in which one thing goes wrong, chosen by a flag. */
const SUITE = `
import { type Client, type Db, JepsenError, type NemesisPackage, type Suite, z } from "jepsen-ts";
import { compose, setChecker } from "jepsen-ts/checker";
import { once } from "jepsen-ts/generator";

const elements: number[] = [];
let next = 0;
let setUps = 0;

function client(trouble: string): Client {
  const self: Client = {
    open: async () => self,
    close: async () => {},
    async invoke(_test, op, signal) {
      if (trouble === "deaf-client") {
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      }
      if (trouble === "odd-client") return { type: "done" } as never;
      if (op.f === "read") return { type: "ok", value: [...elements] };
      elements.push(Number(op.value));
      return { type: "ok" };
    },
  };
  return self;
}

const db = (trouble: string): Db => ({
  async setup(_test, node) {
    const fails = trouble === "broken-db" || (trouble === "slow-db" && ++setUps === 1);
    if (node === "n2" && trouble === "endless-db") await new Promise(() => {});
    if (node === "n1" && fails) throw new JepsenError("setup", "It was not ready.");
  },
  async teardown() {
    if (trouble === "sticky-db") throw new Error("It does not let go.");
  },
});

const quick = { check: async () => ({ valid: false as const, summary: "This was found.", count: 7n }) };
const endless = { check: async () => { for (;;); } };
const sleepers: NemesisPackage = {
  name: "sleepers",
  nemesis: { fs: new Set(["doze"]), setup: () => new Promise(() => {}), invoke: async () => ({ type: "ok" }) },
  generator: once({ f: "doze" }),
  finalGenerator: undefined,
  bands: [{ family: "sleepers", start: ["doze"], stop: [] }],
};

const gremlins: NemesisPackage = {
  name: "gremlins",
  nemesis: { fs: new Set(["strike"]), invoke: async () => { throw new Error("The gremlin slipped."); } },
  generator: once({ f: "strike" }),
  finalGenerator: undefined,
  bands: [{ family: "gremlins", start: ["strike"], stop: [] }],
};

export const suite: Suite = {
  name: "trouble",
  description: "one thing goes wrong",
  options: z.object({ trouble: z.string().default("none") }),
  cluster: "none",
  db: ({ options }) => db(String(options.trouble)),
  faults: () => [gremlins, sleepers],
  workloads: {
    set: ({ options: { trouble } }) => ({
      client: client(String(trouble)),
      generator: () => {
        if (trouble === "bad-generator" && next > 50) throw new Error("The generator tripped.");
        return { f: "add", value: next++ };
      },
      finalGenerator: once({ f: "read" }),
      checker: trouble === "endless-checker" ? compose({ quick, endless }) : setChecker(),
    }),
  },
};
`;

async function trouble(name: string, ...more: readonly string[]): Promise<CliResult & { readonly directory: string }> {
  const directory = await folder();
  await writeFile(join(directory, "suite.ts"), SUITE);
  const flags = [
    "--trouble",
    name,
    "--time-limit",
    "1",
    "--settle",
    "0",
    "--rate",
    "2000",
    "--store",
    join(directory, "store"),
  ];
  return {
    ...(await cli(["run", join(directory, "suite.ts"), ...flags, ...more])),
    directory: join(directory, "store", "latest"),
  };
}

const historyOf = async (directory: string) => (await loadHistory(join(directory, "history.jsonl"))).history;

test("nothing wrong: valid, and the record says how long each phase took and what it did", async () => {
  const { code, directory } = await trouble("none");
  expect(code).toBe(0);
  const { phases } = JSON.parse(await readFile(join(directory, "run.json"), "utf8")) as RunOutcome;
  const before = ["cluster", "database", "clients"];
  const after = ["teardown", "logs", "database down"];
  expect(phases.map(({ name }) => name)).toEqual([...before, "main", "settle", "final reads", ...after]);
  for (const [i, { startMs = 0 }] of phases.entries())
    expect(startMs).toBeGreaterThanOrEqual((phases[i - 1]?.startMs ?? 0) + (phases[i - 1]?.ms ?? 0) - 2);
  const main = phases.find(({ name }) => name === "main");
  expect(main?.ms).toBeGreaterThanOrEqual(900);
  const adds = (await historyOf(directory)).filter((op) => op.f === "add" && op.type === "invoke").length;
  expect(main?.did).toEqual({ outcome: "finished", operations: adds, ok: adds, fail: 0, info: 0, faults: 0 });
  expect(phases.find(({ name }) => name === "final reads")?.did).toMatchObject({ operations: 1, ok: 1 });
});

test("a client that never answers: every operation is of unknown outcome, and the run ends", async () => {
  const { code, stdout, directory } = await trouble("deaf-client", "--operation-timeout", "0.3");
  expect(code).toBe(2);
  expect(stdout).toMatch(/Not one add.* succeeded, so it was not tested/);
  const history = await historyOf(directory);
  expect(history.filter((op) => op.type === "info" && op.error?.code === "timeout").length).toBeGreaterThan(10);
});

test("a client that answers nonsense is named as such: exit 255, and the history is kept", async () => {
  const { code, stdout, directory } = await trouble("odd-client");
  expect(code).toBe(255);
  expect(stdout).toContain("add");
  expect((await historyOf(directory)).length).toBeGreaterThan(0);
});

test("a generator that throws: exit 255, a sentence, and a complete history", async () => {
  const { code, stdout, directory } = await trouble("bad-generator");
  expect(code).toBe(255);
  expect(stdout).toContain(
    "A generator threw when it was asked for an operation: The generator tripped. The generator:",
  );
  const history = await historyOf(directory);
  expect(history.filter((op) => op.type === "invoke").length).toBe(history.filter((op) => op.type !== "invoke").length);
});

test("a nemesis that throws: its operation is indeterminate, and the run unknown", async () => {
  const { code, stdout, directory } = await trouble("none", "--nemesis", "gremlins");
  expect(code).toBe(2);
  expect(stdout).toContain("gremlins");
  expect((await historyOf(directory)).find((op) => op.f === "strike" && op.type === "info")?.error?.message).toContain(
    "slipped",
  );
});

test("a database whose set-up fails once is set up again; one that always fails ends the run, with what it said", async () => {
  const once = await trouble("slow-db");
  expect(once.code).toBe(0);
  expect(once.stderr).toContain("try 1 of 3");
  expect(once.stderr).toContain("It was not ready.");
  const always = await trouble("broken-db");
  expect(always.code).toBe(255);
  expect(always.stderr).toContain("try 2 of 3");
  expect(always.stdout).toContain("It was not ready.");
});

test("a set-up that never ends is given up in time, or with Ctrl-C, and says so", async () => {
  const fault = await trouble("none", "--nemesis", "sleepers", "--setup-timeout", "0.5");
  expect(fault.code).toBe(255);
  expect(fault.stdout).toContain("The set-up of faults and clients did not end within 0.5 s");
  const database = await trouble("endless-db", "--setup-timeout", "0.5");
  expect(database.code).toBe(255);
  expect(database.stdout).toContain("The database's set-up did not end within 0.5 s");

  const directory = await folder();
  await writeFile(join(directory, "suite.ts"), SUITE);
  const argv = ["run", join(directory, "suite.ts"), "--trouble", "endless-db", "--store", join(directory, "store")];
  const { child, done } = start(argv);
  while (!(await readFile(join(directory, "store/latest/test.json"), "utf8").catch(() => ""))) await sleep(50);
  await sleep(500);
  child.kill("SIGINT");
  expect((await done).code).toBe(130);
});

test("a teardown that fails is told beside the verdict", async () => {
  const { code, stdout } = await trouble("sticky-db");
  expect(code).toBe(0);
  expect(stdout).toContain("It does not let go.");
});

test("a full disk: exit 255, a sentence, and what was written is kept", async () => {
  const directory = await folder();
  const store = join(directory, "small");
  await mkdir(store);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=600k", "tmpfs", store]);
  onTestFinished(() => {
    execFileSync("umount", [store]);
  });
  await writeFile(join(directory, "suite.ts"), SUITE);
  const { code, stdout, stderr } = await cli([
    "run",
    join(directory, "suite.ts"),
    "--time-limit",
    "20",
    "--store",
    store,
  ]);
  expect(code).toBe(255);
  expect(`${stdout}${stderr}`).toMatch(/no space left/i);
  const text = await readFile(join(store, "latest", "history.jsonl"), "utf8");
  expect(text.length).toBeGreaterThan(100_000);
});

test("a checker that hangs after another has found something: what was found is the verdict, in time", async () => {
  const startedMs = monotonicMs();
  const { code, stdout, directory } = await trouble("endless-checker", "--check-time", "2");
  expect(code).toBe(1);
  expect(stdout).toContain("workload: quick: This was found. Checking did not end within 2 s and was broken off");
  expect(monotonicMs() - startedMs).toBeLessThan(40_000); // and not a minute after the budget
  const { checkers } = JSON.parse(await readFile(join(directory, "results.json"), "utf8"));
  expect(checkers["workload: quick"]).toEqual({ valid: false, summary: "This was found." });
});

/** A run of the suite that has begun its operations. */
async function begun(...flags: readonly string[]) {
  const directory = await folder();
  await writeFile(join(directory, "suite.ts"), SUITE);
  const store = join(directory, "store");
  const { child, done } = start(["run", join(directory, "suite.ts"), "--time-limit", "60", ...flags, "--store", store]);
  const run = join(store, "latest");
  while (!(await readFile(join(run, "history.jsonl"), "utf8").catch(() => ""))) await sleep(50);
  return { child, done, directory: run };
}

test("Ctrl-C once: operations end, faults are healed, what there is is judged; exit 130", async () => {
  const { child, done, directory } = await begun("--rate", "500", "--nemesis", "gremlins");
  await sleep(300);
  child.kill("SIGINT");
  const { code, stdout } = await done;
  expect(code).toBe(130);
  expect(stdout).toContain("report.html");
  const history = await historyOf(directory);
  expect(history.filter((op) => op.type === "invoke").length).toBe(history.filter((op) => op.type !== "invoke").length);
  const { interrupted, phases } = JSON.parse(await readFile(join(directory, "run.json"), "utf8")) as RunOutcome;
  expect(interrupted).toBe(true);
  expect(phases.map(({ name }) => name)).toEqual(expect.arrayContaining(["heal", "teardown", "logs"]));
  expect(phases.find(({ name }) => name === "main")?.did?.outcome).toBe("stopped");
});

test("Ctrl-C twice ends at once, and keeps the history", async () => {
  const { child, done, directory } = await begun("--trouble", "deaf-client", "--operation-timeout", "60");
  child.kill("SIGINT");
  await sleep(300);
  child.kill("SIGINT");
  expect((await done).code).toBe(130);
  expect((await historyOf(directory)).length).toBeGreaterThan(0);
});
