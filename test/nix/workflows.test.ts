import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./nix.ts";
import {
  cellsOf,
  expand,
  jobsOf,
  markdownCommands,
  nixTestCommands,
  readWorkflow,
  shellCommands,
  stepsOf,
  workflowCommands,
  workflowFiles,
} from "./workflow-commands.ts";
import type { YamlMapping } from "./yaml.ts";

const flagValue = (argv: readonly string[], flag: string) => argv[argv.indexOf(flag) + 1];
const scripts = (job: YamlMapping) => stepsOf(job).flatMap((step) => (typeof step.run === "string" ? [step.run] : []));
const everyJob = workflowFiles.flatMap((file) =>
  jobsOf(readWorkflow(file)).map(([name, job]) => ({ file, name, job, id: `${file}: ${name}` })),
);

describe("the workflow files", () => {
  test("every file is known to the tests", () => {
    expect(readdirSync(join(root, ".github/workflows")).sort()).toEqual([...workflowFiles]);
  });

  test.each(everyJob)("$id: bounded in time, on a Linux runner, with steps that do one thing each", ({ job }) => {
    expect(job["runs-on"]).toBe("ubuntu-latest");
    expect(Number(job["timeout-minutes"])).toBeGreaterThan(0);
    for (const step of stepsOf(job)) {
      expect(["uses", "run"].filter((key) => key in step)).toHaveLength(1);
      if (typeof step.uses === "string") expect(step.uses).toMatch(/^[a-z-]+\/[a-z-]+@v\d+$/);
      for (const key of Object.keys(step)) expect(["name", "uses", "run", "with", "env", "if"]).toContain(key);
    }
  });

  test.each(everyJob)("$id: every expression is one that exists, in every cell", ({ job }) => {
    for (const cell of cellsOf(job)) expect(() => expand(JSON.stringify(job), cell)).not.toThrow();
  });

  test.each(everyJob)("$id: the files and npm scripts that it names exist", ({ job }) => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    for (const script of scripts(job)) {
      for (const [, name = ""] of script.matchAll(/npm run ([\w:-]+)/g))
        expect(manifest.scripts).toHaveProperty([name]);
      for (const [, path = ""] of script.matchAll(/(?:node|--file) ((?:scripts|nix)\/\S+?)\)?"?(?:\s|$)/g))
        expect(existsSync(join(root, path)), path).toBe(true);
    }
  });

  test("an upload happens also after a failure", () => {
    for (const { job } of everyJob) {
      for (const step of stepsOf(job)) {
        if (String(step.uses).startsWith("actions/upload-artifact")) expect(step.if).toBe("always()");
      }
    }
  });

  test("Node 20, 22 and 24 are tested", () => {
    const [, job] = jobsOf(readWorkflow("push.yml")).find(([name]) => name === "test") ?? [];
    expect(cellsOf(job!).map((cell) => cell.node)).toEqual(["20", "22", "24"]);
  });

  test("the nightly covers every system of the module, and Ceph in a job of its own", () => {
    const jobs = new Map(jobsOf(readWorkflow("nightly.yml")));
    const drivers = [...jobs].flatMap(([name, job]) =>
      cellsOf(job).flatMap((cell) =>
        scripts(job).flatMap((script) =>
          [...expand(script, cell).matchAll(/nix build \.#nightly\.(\w+)\.driver/g)].map((match) => [name, match[1]]),
        ),
      ),
    );
    expect(new Set(drivers.map(([, system]) => system))).toEqual(new Set(["etcd", "gluster", "ceph"]));
    expect(new Set(drivers.filter(([, system]) => system === "ceph").map(([name]) => name))).toEqual(new Set(["ceph"]));
  });
});

describe("the commands in them", () => {
  const commands = workflowFiles.flatMap((file) => workflowCommands(file));
  const runs = commands.filter((command) => command.argv[0] === "run");

  test("every cell of every matrix has its own", () => {
    expect(
      commands.map(({ workflow, job, cell }) => `${workflow} ${job} ${Object.values(cell).join(" ")}`.trim()),
    ).toEqual([
      "nightly.yml local register partition",
      "nightly.yml local register kill",
      "nightly.yml local register pause",
      "nightly.yml local register clock",
      "nightly.yml local register partition,kill,pause,clock",
      "nightly.yml nixos etcd register partition",
      "nightly.yml nixos etcd register kill,pause",
      "nightly.yml nixos etcd register clock",
      "nightly.yml nixos gluster fs-append partition",
      "nightly.yml ceph",
      "push.yml test 20",
      "push.yml test 22",
      "push.yml test 24",
      "push.yml nix",
    ]);
  });

  test("each run has a limit in time, the seed of the workflow's run, and both reporters", () => {
    expect(runs).toHaveLength(13);
    for (const { argv } of runs) {
      expect(Number(flagValue(argv, "--time-limit"))).toBeGreaterThanOrEqual(30);
      expect(flagValue(argv, "--seed")).toBe("16000000000");
      expect(argv.filter((_, index) => argv[index - 1] === "--reporter")).toEqual(["junit=junit.xml", "github"]);
    }
  });

  test("what makes nodes on the runner itself does it as root", () => {
    const local = runs.filter(({ argv }) => !argv.includes("--cluster") || flagValue(argv, "--cluster") === "local");
    expect(local).toHaveLength(8);
    for (const command of local) expect(command.sudo, command.argv.join(" ")).toBe(true);
    for (const { job } of everyJob) {
      for (const script of scripts(job)) {
        for (const line of script.split("\n")) if (/\bnpm test\b/.test(line)) expect(line).toMatch(/^sudo -E env /);
      }
    }
  });

  test("the NixOS tests run against the containers of the module", () => {
    expect(nixTestCommands().map(({ argv }) => argv.slice(0, 2))).toEqual([
      ["run", "etcd"],
      ["run", "gluster"],
      ["run", "ceph"],
    ]);
    for (const { argv } of nixTestCommands()) expect(flagValue(argv, "--cluster")).toBe("nixos");
  });

  test("the guide shows commands", () => {
    const shown = markdownCommands("docs/nixos.md").map(({ argv }) => argv.join(" "));
    expect(shown).toContain("run etcd --nemesis partition --time-limit 30");
  });
});

describe("shellCommands", () => {
  test("finds calls behind sudo, env, assignments and nix run, and stops at redirections and comments", () => {
    const script = [
      'sudo -E env "PATH=$PATH" ./bin/jepsen-ts run etcd \\',
      "  --seed 1 >out.txt 2>&1",
      "cd x && A=1 jepsen-ts analyze 'a b' | tail # jepsen-ts nothing",
      "nix run github:OWNER/jepsen-ts -- run demo; echo jepsen-ts run",
      "# jepsen-ts commented out",
      "$ jepsen-ts doctor",
      "my-jepsen-ts run",
    ].join("\n");
    expect(shellCommands(script)).toEqual([
      { argv: ["run", "etcd", "--seed", "1"], sudo: true },
      { argv: ["analyze", "a b"], sudo: false },
      { argv: ["run", "demo"], sudo: false },
      { argv: ["doctor"], sudo: false },
    ]);
  });

  test("an expression nobody knows is an error", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a workflow expression
    expect(() => expand("${{ secrets.TOKEN }}", {})).toThrow(/secrets\.TOKEN/);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a workflow expression
    expect(() => expand("${{ matrix.other }}", { node: "20" })).toThrow(/matrix\.other/);
  });

  test("an entry of include extends the cells it agrees with, or is a cell of its own", () => {
    const job: YamlMapping = {
      strategy: { matrix: { a: ["1", "2"], include: [{ a: "2", b: "x" }, { a: "3" }] } },
    };
    expect(cellsOf(job)).toEqual([{ a: "1" }, { a: "2", b: "x" }, { a: "3" }]);
    expect(cellsOf({})).toEqual([{}]);
  });
});
