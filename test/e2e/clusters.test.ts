import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sleep } from "../../src/clock.ts";
import { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { allRecords } from "../../src/cluster/local/registry.ts";
import { DROP_MOUNTS } from "../../src/control/fuse.ts";
import { NodeGuard } from "../../src/control/node-guard.ts";
import { cli, folder, nodes, start } from "./cli.ts";

/** Whatever of a cluster the machine still shows. */
async function traces(id: string): Promise<string> {
  const show = (...argv: readonly string[]) => execFileSync("ip", argv, { encoding: "utf8" });
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
  const all = [show("netns", "list"), show("-o", "link"), mounts, processes].join("\n");
  return all
    .split("\n")
    .filter((line) => line.includes(`jts-${id}`) || line.includes(`jts${id}`) || line.includes(`clusters/${id}`))
    .join("\n");
}

test("up, status, ssh, down: and nothing remains", async () => {
  const up = await cli(["cluster", "up"]);
  expect(up.code).toBe(0);
  const id = up.stdout.trim();
  const status = await cli(["cluster", "status"]);
  expect(status.stdout).toContain(`${id}  up`);
  const ssh = await cli(["cluster", "ssh", "--id", id, "n3", "hostname"]);
  expect(ssh).toMatchObject({ code: 0, stdout: "n3\n" });
  expect(await traces(id)).not.toBe("");
  const down = await cli(["cluster", "down", id]);
  expect(down).toMatchObject({ code: 0, stdout: `removed ${id}\n` });
  expect(await traces(id)).toBe("");
});

test("nodes that a live run uses stay, though another process made them", async () => {
  const id = (await cli(["cluster", "up"])).stdout.trim();
  const cluster = await LocalCluster.find(id);
  const guard = await NodeGuard.take(await cluster.session("n4"), "run-a", "pid 1", 60);
  expect((await cli(["cluster", "status"])).stdout).toContain(`${id}  in use, run run-a  n1`);
  const stays = expect.stringContaining(`Cluster ${id} is in use by run run-a and stays`);
  expect(await cli(["cluster", "down", id])).toMatchObject({ code: 254, stderr: stays });
  await guard.release();
  await cluster.down({ destroy: false });
  expect((await cli(["cluster", "status"])).stdout).toContain(`${id}  up  n1`);
  expect(await cli(["cluster", "down", id])).toMatchObject({ code: 0, stdout: `removed ${id}\n` });
});

test("two runs side by side are not disturbed by a `cluster down`, and a killed one's nodes are removed by it", async () => {
  const store = await folder();
  const argv = ["run", "etcd", "--time-limit", "6", "--json"];
  const runs = ["a", "b"].map((name) => start([...argv, "--store", join(store, name)]));
  const victim = start([...argv.slice(0, 2), "--time-limit", "60", "--store", join(store, "c")]);
  const clusterOf = async (pid: number | undefined) => (await allRecords()).find((record) => record.owner?.pid === pid);
  let killed = await clusterOf(victim.child.pid);
  while (!killed?.nodes.every((node) => node.keeper)) {
    await sleep(50);
    killed = await clusterOf(victim.child.pid);
  }
  await sleep(1000);
  victim.child.kill("SIGKILL");
  await victim.done;
  expect(await traces(killed.id)).not.toBe("");
  const down = await cli(["cluster", "down"]);
  expect(down.code).toBe(0);
  expect(down.stdout).toContain(`removed ${killed.id}`);
  expect(await traces(killed.id)).toBe("");
  const results = await Promise.all(runs.map((each) => each.done));
  for (const { code, stdout } of results) {
    expect(code).toBe(0);
    const { id } = JSON.parse(await readFile(join(JSON.parse(stdout).directory, "test.json"), "utf8")).cluster;
    expect(await traces(id)).toBe("");
  }
});

test("Ctrl-C ends a run in good order: judged, everything taken down, exit 130", async () => {
  const store = await folder();
  const running = start(["run", "etcd", "--time-limit", "60", "--store", store, "--json"]);
  const history = join(store, "etcd-register", "latest", "history.jsonl");
  while ((await readFile(history).catch(() => "")).length < 10_000) await sleep(100);
  running.child.kill("SIGINT");
  const { code, stdout } = await running.done;
  expect(code).toBe(130);
  const { results, directory } = JSON.parse(stdout);
  expect(results.checkers.workload.valid).toBe(true);
  const { id } = JSON.parse(await readFile(join(directory, "test.json"), "utf8")).cluster;
  expect(await traces(id)).toBe("");
});

/** A FUSE server whose child waits for an answer that never comes and holds the device open, as a server's helpers may. */
const HUNG_MOUNT = `# FUSE_IN_TEST
import ctypes, os, struct, sys, time
device = os.open("/dev/fuse", os.O_RDWR)
os.makedirs("/hung/0", exist_ok=True)
options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
if ctypes.CDLL(None, use_errno=True).mount(b"hung", b"/hung/0", b"fuse", 0, options):
    sys.exit(f"mount: {ctypes.get_errno()}")
if os.fork() == 0:
    os.stat("/hung/0/file")
request = os.read(device, 1 << 20)
length, opcode, unique = struct.unpack_from("<IIQ", request)
answer = struct.pack("<IIII", 7, 31, 65536, 0) + struct.pack("<HHIIHHI", 12, 9, 65536, 1, 0, 0, 0) + bytes(28)
os.write(device, struct.pack("<IiQ", 16 + len(answer), 0, unique) + answer)
os.read(device, 1 << 20)
print("hung", flush=True)
time.sleep(60)
`;

test("nodes go down although a process on them waits for a FUSE server that will never answer", async () => {
  const cluster = await nodes();
  const { id } = cluster;
  const hung = await (await cluster.session("n2")).spawn(["python3", "-c", HUNG_MOUNT]);
  const first = await hung.lines[Symbol.asyncIterator]().next();
  expect([first.value, hung.stderr()]).toEqual(["hung", ""]);
  await cluster.down({ destroy: true });
  expect(await traces(id)).toBe("");
});

test("a hung mount is taken off a node, and who waits for it is freed", async () => {
  const session = await (await nodes()).session("n1");
  const hung = await session.spawn(["python3", "-c", HUNG_MOUNT]);
  await hung.lines[Symbol.asyncIterator]().next();
  const waiting = async () => (await session.exec(["pgrep", "-f", "[F]USE_IN_TEST"])).stdout.trim().split("\n");
  const [server, child] = await waiting();
  await session.exec(["kill", "-KILL", String(server), String(child)]);
  await expect.poll(waiting, { message: "the server is dead, its child waits" }).toEqual([child]);
  const dropped = await session.exec(["sh", "-c", `${DROP_MOUNTS}\ndrop_mounts "$1"`, "sh", "/hung"]);
  expect(dropped).toEqual({ code: 0, stdout: "", stderr: "" });
  await expect.poll(waiting).toEqual([""]);
  expect((await session.exec(["grep", " fuse", "/proc/self/mounts"])).code).toBe(1);
});
