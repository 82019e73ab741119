import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ssh2 from "ssh2";
import { describe, expect, test } from "vitest";
import { clusterDirectory } from "../../src/cluster/local/registry.ts";
import { execOk } from "../../src/control/exec.ts";
import { cli, folder, nodes } from "./cli.ts";

/** One sentence that a user can act on: no stack, no more than it needs. */
function expectSentence(stderr: string, ...words: readonly string[]): void {
  for (const word of words) expect(stderr).toContain(word);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toContain("node:internal");
}

describe("what cannot be is one sentence and exit 254", () => {
  const cases: readonly (readonly [name: string, argv: readonly string[], words: readonly string[]])[] = [
    ["an unknown suite", ["run", "etdc"], ['no suite "etdc"', "etcd"]],
    ["a suite file that is not there", ["run", "./nowhere.ts"], ["no suite file"]],
    ["no suite", ["run"], ["missing required argument"]],
    ["an unknown flag", ["run", "etcd", "--nemsis", "partition"], ["--nemsis", "--nemesis"]],
    ["a number that is none", ["run", "etcd", "--time-limit", "soon"], ["--time-limit", '"soon"']],
    ["a number out of range", ["run", "etcd", "--time-limit", "-3"], ["--time-limit"]],
    ["a concurrency that is none", ["run", "etcd", "--concurrency", "3x"], ["--concurrency", '"3x"']],
    ["an unknown fault", ["run", "etcd", "--nemesis", "gremlins"], ['"gremlins"', "partition"]],
    ["none beside faults", ["run", "etcd", "--nemesis", "none,partition"], ["none"]],
    [
      "an unknown partition",
      ["run", "etcd", "--nemesis", "partition", "--partition", "diagonal"],
      ["--partition", "diagonal"],
    ],
    ["an unknown workload", ["run", "etcd", "--workload", "bank"], ['"bank"', "register"]],
    ["threads that do not divide", ["run", "etcd", "--threads-per-key", "3"], ["--threads-per-key 3"]],
    ["an unknown local cluster", ["run", "etcd", "--cluster", "nope"], ['"nope"']],
    ["a node that is no node", ["run", "etcd", "--nodes", "a b"], ['"a b"']],
    ["a node twice", ["run", "etcd", "--nodes", "n1,n1"], ["twice"]],
    ["a nodes file that is not there", ["run", "etcd", "--nodes-file", "/nonexistent"], ["/nonexistent"]],
    [
      "a schedule that is not there",
      ["run", "etcd", "--nemesis", "partition", "--nemesis-schedule", "/nonexistent"],
      ["/nonexistent"],
    ],
    ["a key that is not there", ["run", "etcd", "--nodes", "127.0.0.1", "--ssh-key", "/nonexistent"], ["/nonexistent"]],
    ["a run that is not there", ["analyze", "/nonexistent"], ["/nonexistent"]],
    [
      "a flag of a fault that is not asked for",
      ["run", "etcd", "--nemesis", "pause", "--kill-targets", "one"],
      ["--kill-targets", "fault kill"],
    ],
    ["a class of files that is none", ["run", "etcd", "--nemesis", "files", "--file-class", "walx"], ['"walx"', "wal"]],
    [
      "faults that come too late",
      ["run", "etcd", "--nemesis", "kill", "--time-limit", "4"],
      ["kill", "--time-limit 4"],
    ],
    ["a schedule without faults", ["run", "etcd", "--nemesis-schedule", "alternating"], ["--nemesis-schedule"]],
    ["a list without an entry", ["run", "etcd", "--nodes", ""], ["--nodes names nothing"]],
    ["a key for no machine", ["run", "etcd", "--ssh-key", "/nonexistent"], ["--ssh-key", "--nodes"]],
    ["nodes for a suite that has none", ["run", "demo", "--nodes", "a"], ["demo", "--nodes"]],
    [
      "a fault that this volume cannot have",
      ["run", "gluster", "--volume", "disperse", "--nemesis", "bricks"],
      ["--volume replica-3", "disperse"],
    ],
    ["a fault of one combination", ["test-all", "etcd", "--nemeses", "none,bogus"], ['"bogus"', "partition"]],
    ["a flag of another workload", ["run", "fs", "--lock", "flock"], ["--lock", "fs-append", "fs-lock"]],
    ["a cluster's id behind the node", ["cluster", "ssh", "n1", "--id", "x"], ["--id goes before the node"]],
    ["an unknown command", ["frobnicate"], ["frobnicate"]],
  ];
  test.each(cases)("%s", async (_name, argv, words) => {
    const { code, stderr, stdout } = await cli(argv);
    expect(code).toBe(254);
    expect(stdout).toBe("");
    expectSentence(stderr, ...words);
  });

  test("a schedule that does not fit", async () => {
    const path = join(await folder(), "schedule.json");
    await writeFile(path, '[{"at": 1, "family": "partition", "f": "melt"}]');
    const { code, stderr } = await cli(["run", "etcd", "--nemesis", "partition", "--nemesis-schedule", path]);
    expect(code).toBe(254);
    expectSentence(stderr, '"melt"', "start-partition");
  });

  test("a run whose history is damaged", async () => {
    const store = await folder();
    expect(await cli(["run", "demo", "--time-limit", "0.5", "--nemesis", "none", "--store", store])).toMatchObject({
      code: 0,
    });
    const path = join(store, "latest", "history.jsonl");
    const lines = (await readFile(path, "utf8")).split("\n");
    await writeFile(path, lines.with(2, "garbage").join("\n"));
    const { code, stderr, stdout } = await cli(["analyze", "--store", store]);
    expect({ code, stdout }).toEqual({ code: 254, stdout: "" });
    expectSentence(stderr, "Line 3 of", "history.jsonl", "Restore the file");
    await writeFile(path, lines.slice(0, 2).join("\n"));
    expect((await cli(["analyze", "--store", store])).stderr).toBe("");
  });

  test("no root", async () => {
    const store = await folder();
    const { code, stderr } = await cli(["run", "etcd", "--store", store], {
      uid: 65534,
      env: { JEPSEN_TS_NO_BUILD: "1" },
    });
    expect(code).toBe(254);
    expectSentence(stderr, "root", "--nodes");
  });

  test("a store that cannot be written", async () => {
    const { code, stderr } = await cli(["run", "etcd", "--store", "/proc/store"]);
    expect(code).toBe(254);
    expectSentence(stderr, "/proc/store", "--store");
  });
});

describe("nodes that cannot be used", () => {
  test("nobody answers, nobody listens, no such name", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const deaf = await cli(["run", "etcd", "--nodes", `127.0.0.1:${port}`, "--insecure-host-keys"]);
    silent.close();
    expect(deaf.code).toBe(254);
    expectSentence(deaf.stderr, `127.0.0.1:${port}`);
    const refused = await cli(["run", "etcd", "--nodes", "127.0.0.1:1", "--insecure-host-keys"]);
    expect(refused.code).toBe(254);
    expectSentence(refused.stderr, "127.0.0.1:1", "ECONNREFUSED");
    const nameless = await cli(["run", "etcd", "--nodes", "no-such-host.invalid"]);
    expect(nameless.code).toBe(254);
    expectSentence(nameless.stderr, "no-such-host.invalid");
  });

  test("keys: the right one works, a wrong one, an unknown host key and a changed one do not", async () => {
    const cluster = await nodes();
    const directory = await folder();
    const addresses = cluster.nodes.map((node) => cluster.address(node));
    const good = join(clusterDirectory(cluster.id), "id_ed25519");
    const bad = join(directory, "wrong");
    await writeFile(bad, ssh2.utils.generateKeyPairSync("ed25519").private, { mode: 0o600 });
    const hostKey = await execOk(await cluster.session("n1"), ["cat", "/etc/jepsen-ts/ssh_host_key"]);
    const parsed = ssh2.utils.parseKey(hostKey);
    if (parsed instanceof Error) throw parsed;
    const publicKey = (Array.isArray(parsed) ? parsed[0] : parsed)?.getPublicSSH().toString("base64");
    const other = ssh2.utils.generateKeyPairSync("ed25519").public.split(" ")[1];
    const known = join(directory, "known");
    const [first = ""] = addresses;
    const doctor = (...flags: readonly string[]) => cli(["doctor", "--nodes", first, ...flags]);

    await writeFile(known, `${first} ssh-ed25519 ${publicKey}\n`);
    const right = await doctor("--ssh-key", good, "--known-hosts", known);
    expect(right).toMatchObject({ code: 0 });
    const wrongKey = await cli(["run", "etcd", "--nodes", first, "--ssh-key", bad, "--known-hosts", known]);
    expect(wrongKey.code).toBe(254);
    expectSentence(wrongKey.stderr, "--ssh-key", bad);
    await writeFile(known, "");
    const unknown = await cli(["run", "etcd", "--nodes", first, "--ssh-key", good, "--known-hosts", known]);
    expect(unknown.code).toBe(254);
    expectSentence(unknown.stderr, "is not in", "--insecure-host-keys");
    await writeFile(known, `${first} ssh-ed25519 ${other}\n`);
    const changed = await cli(["run", "etcd", "--nodes", first, "--ssh-key", good, "--known-hosts", known]);
    expect(changed.code).toBe(254);
    expectSentence(changed.stderr, "has changed", "ssh-keygen -R");

    const store = await folder();
    const nodesFile = join(directory, "nodes");
    await writeFile(nodesFile, `${addresses.join("\n")}\n# the end\n`);
    const flags = ["--nodes-file", nodesFile, "--ssh-key", good, "--insecure-host-keys"];
    const run = await cli(["run", "etcd", ...flags, "--time-limit", "2", "--store", store]);
    expect(run.code).toBe(0);
  });

  test("a node without etcd", async () => {
    const cluster = await nodes();
    const etcd = await execOk(await cluster.session("n2"), ["sh", "-c", "command -v etcd"]);
    await execOk(await cluster.session("n2"), ["rm", etcd]);
    const { code, stderr } = await cli(["run", "etcd", "--cluster", cluster.id, "--store", await folder()]);
    expect(code).toBe(254);
    expectSentence(stderr, "Node n2 lacks etcd", "etcd-server");
  });
});

test("a suite of one's own, from a bare directory", async () => {
  const directory = await folder();
  const store = join(directory, "store");
  await mkdir(join(directory, "own"));
  await copyFile(
    fileURLToPath(new URL("../../examples/http-register.ts", import.meta.url)),
    join(directory, "own", "suite.ts"),
  );
  const argv = ["run", "./suite.ts", "--time-limit", "4", "--store", store];
  const good = await cli(argv, { cwd: join(directory, "own") });
  expect(good).toMatchObject({ code: 0 });
  expect(good.stdout).toContain("valid  http-register register");
  const bad = await cli([...argv, "--forgetful"], { cwd: join(directory, "own") });
  expect(bad.code).toBe(1);
  const help = await cli(["run", "./suite.ts", "--help"], { cwd: join(directory, "own") });
  expect(help.stdout).toContain("--forgetful");
});

test("help and its exit codes", async () => {
  const root = await cli(["--help"]);
  expect(root.code).toBe(0);
  expect(root.stdout).toContain("Exit codes:");
  const suite = await cli(["run", "etcd", "--help"]);
  expect(suite.code).toBe(0);
  for (const flag of ["--serializable", "--ops-per-key", "--nemesis", "--seed", "--nodes"])
    expect(suite.stdout).toContain(flag);
});
