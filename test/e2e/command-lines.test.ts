/** Every command line that workflows and the NixOS guide show is one that the real program takes. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { markdownCommands, nixTestCommands, workflowCommands, workflowFiles } from "../nix/workflow-commands.ts";
import { cli, folder } from "./cli.ts";

const shown = [
  ...workflowFiles.flatMap((file) => workflowCommands(file)),
  ...nixTestCommands(),
  ...markdownCommands("docs/nixos.md"),
];
const lines = [...new Map(shown.map(({ argv }) => [argv.join(" "), argv])).entries()];
const runs = lines.filter(([, argv]) => argv[0] === "run" && !argv[1]?.includes("/"));
const others = lines.filter(([, argv]) => argv[0] !== "run");

/** A place where relative paths of a command line may be written, with a NixOS host's description in it. */
async function place() {
  const cwd = await folder();
  const description = {
    format: 1,
    user: "root",
    port: 22,
    identityFile: null,
    knownHosts: join(cwd, "known_hosts"),
    systems: ["etcd"],
    ephemeral: true,
    stateDir: cwd,
    network: { bridge: "jepsen0", prefix: "10.77.0.0/24", control: "10.77.0.1" },
    nodes: [1, 2, 3, 4, 5].map((i) => ({
      name: `n${i}`,
      address: `10.77.0.${100 + i}`,
      unit: `container@n${i}.service`,
      hostKey: join(cwd, `n${i}.pub`),
    })),
  };
  await mkdir(join(cwd, "etc"));
  const file = join(cwd, "etc", "cluster.json");
  await writeFile(file, JSON.stringify(description));
  return { cwd, env: { JEPSEN_TS_CLUSTER_FILE: file } };
}

describe("a run", () => {
  test("is shown at all", () => {
    expect(runs.length).toBeGreaterThan(5);
  });

  for (const [line, argv] of runs) {
    test(`jepsen-ts ${line}`, async () => {
      const done = await cli([...argv, "--dry-run", "--json"], await place());
      expect(done.stderr).toBe("");
      expect(done.code).toBe(0);
      const plan = JSON.parse(done.stdout);
      const flag = (name: string) => argv[argv.indexOf(name) + 1];
      expect(plan.suite).toBe(argv[1]);
      expect(plan.nodes).toEqual(["n1", "n2", "n3", "n4", "n5"]);
      if (argv.includes("--seed")) expect(String(plan.seed)).toBe(flag("--seed"));
      if (argv.includes("--workload")) expect(plan.workload).toBe(flag("--workload"));
      if (argv.includes("--nemesis")) expect(plan.nemesis.join(",") || "none").toBe(flag("--nemesis"));
      if (argv.includes("--cluster")) expect(plan.cluster).toBe(flag("--cluster"));
    });
  }
});

describe("another command", () => {
  for (const [line, argv] of others) {
    test(`jepsen-ts ${line}`, async () => {
      const [name = "", suite = ""] = argv;
      const helps = name.startsWith("-") ? [argv] : [[name, "--help"]];
      if (name === "test-all") helps.push(["run", suite, "--help"]); // it hands on what it does not know
      const said = await Promise.all(helps.map((help) => cli(help)));
      for (const { code } of said) expect(code).toBe(0);
      const help = said.map(({ stdout }) => stdout).join("");
      for (const word of argv.slice(1)) if (word.startsWith("--")) expect(help).toContain(`  ${word}`);
    });
  }
});

test("a flag that does not exist is refused, so that this test can fail", async () => {
  const done = await cli(["run", "etcd", "--no-such-flag", "--dry-run"], await place());
  expect(done).toMatchObject({ code: 254, stdout: "" });
  const wrong = await cli(["run", "etcd", "--nemesis", "no-such-fault", "--dry-run"], await place());
  expect(wrong).toMatchObject({ code: 254, stdout: "" });
});
