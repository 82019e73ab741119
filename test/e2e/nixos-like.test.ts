/** What may be assumed of a NixOS node, on local nodes that are laid out like one; and `--cluster nixos`, with those nodes in place of containers. */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FAMILIES } from "../../nemesis/index.ts";
import { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { clusterDirectory, loadRecord } from "../../src/cluster/local/registry.ts";
import { execOk } from "../../src/control/exec.ts";
import { type CliOptions, cli, expectVerdict, folder, run, start } from "./cli.ts";

const NIXOS_LIKE: CliOptions = { env: { JEPSEN_TS_NODE_LAYOUT: "nixos" } };
const SHORT = ["--time-limit", "10", "--nemesis-interval", "2", "--settle", "1", "--rate", "100"];

test("a node has no program but sh and env outside of its profile, and a read-only /etc/hosts", async () => {
  const cluster = new LocalCluster({ nodes: ["n1"], disk: "256m", owned: true, layout: "nixos" });
  await cluster.up();
  onTestFinished(() => cluster.down({ destroy: true }));
  const session = await cluster.session("n1");
  const programs = ["find", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
  const found = await execOk(session, [...programs, "!", "-type", "d"]);
  expect(found.split("\n").sort()).toEqual(["/bin/sh", "/usr/bin/env"]);
  const where = await execOk(session, ["sh", "-c", 'for p; do command -v "$p"; done', "sh", "etcd", "python3", "nft"]);
  expect(where.split("\n")).toEqual(["etcd", "python3", "nft"].map((name) => `/run/current-system/sw/bin/${name}`));
  expect((await session.exec(["sh", "-c", "echo 1.2.3.4 x >> /etc/hosts"])).code).not.toBe(0);
  expect((await session.exec(["touch", "/nix/store/x"])).code).not.toBe(0);
  expect(await execOk(session, ["readlink", "/etc/hosts"])).toBe("/etc/static/hosts");
  expect(await execOk(session, ["getent", "hosts", "n1"])).toContain(cluster.address("n1"));
  expect((await session.exec(["/usr/bin/python3", "-V"])).code).toBe(127);
});

describe("an etcd run on such nodes", () => {
  test("with partitions is valid, and they are proven", async () => {
    const store = await folder();
    const done = await run(["etcd", "--nemesis", "partition", "--store", store, ...SHORT], NIXOS_LIKE);
    expect(done.outcome.problems).toEqual([]);
    expectVerdict(done, true);
    expect(done.results.checkers.faults.families.partition.installs.proven).toBeGreaterThan(0);
  });

  const others = ["kill", "pause", "clock"].filter((name) => FAMILIES.has(name));
  test.runIf(others.length > 0)("with other faults proves at least one of each, and finds nothing amiss", async () => {
    const store = await folder();
    const time = [...SHORT, "--time-limit", "20"];
    const done = await run(["etcd", "--nemesis", others.join(","), "--store", store, ...time], NIXOS_LIKE);
    expect(done.outcome).toMatchObject({ problems: [], interrupted: false });
    expect(done.outcome.failure).toBeUndefined();
    expect(done.results.checkers.workload.valid).toBe(true);
    for (const family of others)
      expect(done.results.checkers.faults.families[family].installs.proven, family).toBeGreaterThan(0);
  });
});

describe("--cluster nixos", () => {
  /** Local nodes described as a NixOS host describes its containers, and a systemctl that knows their units. */
  async function nixosHost() {
    const cluster = new LocalCluster({ nodes: ["n1", "n2", "n3"], disk: "1g", owned: true, layout: "nixos" });
    await cluster.up();
    onTestFinished(() => cluster.down({ destroy: true }));
    const directory = await folder();
    const record = await loadRecord(cluster.id);
    const nodes = (record?.nodes ?? []).map(({ name, address }) => ({
      name,
      address,
      unit: `container@${name}.service`,
      hostKey: join(directory, `${name}.pub`),
    }));
    for (const { name, hostKey } of record?.nodes ?? [])
      await writeFile(join(directory, `${name}.pub`), `${hostKey}\n`);
    const known = (record?.nodes ?? []).map(({ name, address, hostKey }) => `${name},${address} ${hostKey}\n`);
    await writeFile(join(directory, "known_hosts"), known.join(""));
    const description = {
      format: 1,
      user: "root",
      port: 22,
      identityFile: join(clusterDirectory(cluster.id), "id_ed25519"),
      knownHosts: join(directory, "known_hosts"),
      systems: ["etcd"],
      ephemeral: true,
      stateDir: directory,
      network: { bridge: "jepsen0", prefix: "10.233.0.0/24", control: "10.233.0.1" },
      nodes,
    };
    await writeFile(join(directory, "cluster.json"), JSON.stringify(description));
    const calls = join(directory, "calls");
    await writeFile(calls, "");
    const down = join(directory, "n2-is-down");
    const systemctl = `#!/bin/sh
verb=$1
if [ "$verb" = show ]; then
  shift 3
  for unit; do
    active=active; if [ "$unit" = container@n2.service ] && [ -e "${down}" ]; then active=inactive; fi
    printf 'Id=%s\\nLoadState=loaded\\nActiveState=%s\\n\\n' "$unit" "$active"
  done
else
  echo "$*" >> "${calls}"
  rm -f "${down}"
fi
`;
    await writeFile(join(directory, "systemctl"), systemctl);
    await chmod(join(directory, "systemctl"), 0o755);
    const env = {
      PATH: `${directory}:${process.env.PATH}`,
      JEPSEN_TS_CLUSTER_FILE: join(directory, "cluster.json"),
    };
    return { cluster, directory, env, calls: () => readFile(calls, "utf8"), stopNode2: () => writeFile(down, "") };
  }

  test("is the default where the module is active; starts what is down, and lets used nodes begin anew", async () => {
    const host = await nixosHost();
    await host.stopNode2();
    const status = await cli(["cluster", "status"], host);
    expect(status.stdout).toMatch(/^nixos {2}partly up {2}n1 \S+ {2}n2 \S+ \(inactive\) {2}n3 \S+$/m);
    const first = await run(["etcd", "--nemesis", "partition", "--store", join(host.directory, "s"), ...SHORT], host);
    expectVerdict(first, true);
    expect(await host.calls()).toBe("start -- container@n2.service\n");
    const record = JSON.parse(await readFile(join(first.directory, "test.json"), "utf8"));
    expect(record.cluster).toEqual({ kind: "nixos", file: host.env.JEPSEN_TS_CLUSTER_FILE });
    expect(record.nodes).toEqual(["n1", "n2", "n3"]);

    const doctor = await cli(["doctor"], host);
    expect(doctor).toMatchObject({ code: 0, stdout: expect.stringContaining("n3  reached as") });
    const ssh = await cli(["cluster", "ssh", "n2", "hostname"], host);
    expect(ssh).toMatchObject({ code: 0, stdout: "n2\n" });
    expect(await host.calls()).toBe("start -- container@n2.service\n");

    const again = [
      "etcd",
      "--cluster",
      "nixos",
      "--time-limit",
      "1",
      "--settle",
      "0",
      "--store",
      join(host.directory, "s"),
    ];
    expect(await run(again, host)).toMatchObject({ code: 0 });
    expect(await host.calls()).toContain("restart -- container@n1.service container@n2.service container@n3.service\n");

    const local = await run([...again, "--cluster", "local"], host);
    expect(JSON.parse(await readFile(join(local.directory, "test.json"), "utf8")).cluster.kind).toBe("local");
  });

  test("two runs do not share the containers, and a killed one does not keep them", async () => {
    const host = await nixosHost();
    const argv = ["run", "etcd", "--time-limit", "60", "--store", join(host.directory, "s")];
    const running = start(argv, host);
    const status = async () => (await cli(["cluster", "status"], host)).stdout;
    while (running.child.exitCode === null && !(await status()).includes(`in use, process ${running.child.pid}`));
    const second = await cli(argv, host);
    expect(second).toMatchObject({ code: 254, stdout: "" });
    expect(second.stderr).toContain(`in use by process ${running.child.pid}`);
    const down = await cli(["cluster", "down", "nixos"], host);
    expect(down.stderr).toContain("stay up");
    running.child.kill("SIGKILL");
    await running.done;
    expect(await status()).toMatch(/^nixos {2}up/m);
    expect(await cli(["cluster", "down", "nixos"], host)).toMatchObject({ code: 0, stdout: "stopped nixos\n" });
    expect(await host.calls()).toContain("stop -- container@n1.service");
  });

  test("where there is no such host says what it needs", async () => {
    const nowhere = { env: { JEPSEN_TS_CLUSTER_FILE: "/nowhere/cluster.json" } };
    const done = await cli(["run", "etcd", "--cluster", "nixos"], nowhere);
    expect(done).toMatchObject({ code: 254, stdout: "" });
    expect(done.stderr).toContain("services.jepsen-ts-cluster.enable = true");
  });
});
