import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Containers } from "../../../src/cluster/nixos/containers.ts";
import { readDescription } from "../../../src/cluster/nixos/description.ts";
import { claimHolder, HostClaim } from "../../../src/cluster/nixos/host-claim.ts";
import { NixosCluster, type NixosPurpose } from "../../../src/cluster/nixos/nixos-cluster.ts";
import type { JepsenError } from "../../../src/errors.ts";
import { FakeHost } from "./fake-host.ts";

async function host(change: Parameters<typeof FakeHost.make>[0] = {}): Promise<FakeHost> {
  const made = await FakeHost.make(change);
  onTestFinished(() => rm(made.directory, { recursive: true, force: true }));
  return made;
}

function clusterOf(fake: FakeHost, purpose: NixosPurpose = "run"): NixosCluster {
  const cluster = new NixosCluster(fake.description, { file: fake.file, purpose, tools: fake.tools });
  onTestFinished(() => cluster.down({ destroy: false }));
  return cluster;
}

const failure = (running: Promise<unknown>) =>
  running.then(
    () => undefined,
    (error: unknown) => error as JepsenError,
  );

const HELD = "run abc\ncontrol pid 7\nalive\n";
const LEFT = "run abc\ncontrol pid 7\nfault partition\n";

describe("up, for a run", () => {
  it("uses containers that are up as they are, and marks them as used", async () => {
    const fake = await host();
    const cluster = clusterOf(fake);
    await cluster.up();
    expect(cluster.nodes).toEqual(["n1", "n2", "n3"]);
    expect(fake.calls).toEqual([]);
    expect([...fake.nodes.values()].every((node) => node.used)).toBe(true);
  });

  it("starts those that are down, all at once", async () => {
    const fake = await host();
    fake.node("n2").active = "inactive";
    fake.node("n3").active = "failed";
    await clusterOf(fake).up();
    expect(fake.calls).toEqual(["start n2 n3"]);
  });

  it("lets those begin anew that were used before, or that a dead run left", async () => {
    const fake = await host();
    fake.node("n1").used = true;
    fake.node("n3").holder = LEFT;
    await clusterOf(fake).up();
    expect(fake.calls).toEqual(["restart n1 n3"]);
  });

  it("does so only once, also when asked twice", async () => {
    const fake = await host();
    const cluster = clusterOf(fake);
    await cluster.up();
    await cluster.up();
    expect(fake.calls).toEqual([]);
  });

  it("restarts nothing that a live run of another machine holds", async () => {
    const fake = await host();
    for (const node of fake.nodes.values()) Object.assign(node, { used: true, holder: HELD });
    await clusterOf(fake).up();
    expect(fake.calls).toEqual([]);
  });

  it("restarts nothing that is not ephemeral: it would not be empty", async () => {
    const fake = await host({ ephemeral: false });
    for (const node of fake.nodes.values()) node.used = true;
    await clusterOf(fake).up();
    expect(fake.calls).toEqual([]);
  });

  it("refuses when another run of this host has the nodes, and may have them afterwards", async () => {
    const fake = await host();
    const first = clusterOf(fake);
    const second = clusterOf(fake);
    await first.up();
    const error = await failure(second.up());
    expect(error).toMatchObject({ code: "environment", data: { pid: process.pid } });
    expect(error?.message).toContain(`in use by process ${process.pid}`);
    await first.down({ destroy: false });
    await second.up();
    expect(fake.calls).toEqual(["restart n1 n2 n3"]);
  });

  it("says which unit did not start, and where its log is, and gives its claim back", async () => {
    const fake = await host();
    fake.node("n2").active = "inactive";
    fake.refusesToStart = true;
    const error = await failure(clusterOf(fake).up());
    expect(error).toMatchObject({ code: "environment" });
    expect(error?.message).toContain("Cannot start container@n2.service");
    expect(error?.message).toContain("journalctl -u container@n2.service");
    expect(await claimHolder(fake.file)).toBeUndefined();
  });

  it("says when systemd does not know a node", async () => {
    const fake = await host();
    fake.node("n2").loaded = false;
    expect((await failure(clusterOf(fake).up()))?.message).toMatch(/names container@n2\.service.*nixos-rebuild switch/);
  });
});

describe("up, to look", () => {
  it("starts nothing, restarts nothing, marks nothing, and needs no claim", async () => {
    const fake = await host();
    const running = clusterOf(fake);
    await running.up();
    for (const node of fake.nodes.values()) node.used = false;
    await clusterOf(fake, "look").up();
    expect(fake.calls).toEqual([]);
    expect([...fake.nodes.values()].some((node) => node.used)).toBe(false);
  });

  it("names what is down", async () => {
    const fake = await host();
    fake.node("n3").active = "failed";
    const error = await failure(clusterOf(fake, "look").up());
    expect(error).toMatchObject({ code: "connect", message: expect.stringContaining("Not running: n3 (failed)") });
    expect(fake.calls).toEqual([]);
  });
});

describe("sessions", () => {
  it("go to the described address as the described user, with its key and the pinned host key", async () => {
    const fake = await host({ user: "admin", port: 2222 });
    await (await clusterOf(fake).session("n2")).exec(["true"]);
    expect(fake.targets).toHaveLength(1);
    expect(fake.targets[0]).toMatchObject({ node: "n2", host: "10.77.0.102", port: 2222, user: "admin" });
    expect(fake.targets[0]?.privateKeys.map((key) => key.path)).toEqual([join(fake.directory, "id_ed25519")]);
    expect(fake.targets[0]?.checkHostKey(Buffer.from("another key"))).toBeDefined();
  });

  it("without a readable host key are refused with what to do", async () => {
    const fake = await host();
    await rm(join(fake.directory, "n1.pub"));
    expect((await failure(clusterOf(fake).session("n1")))?.message).toContain("jepsen-ts-access.service");
  });

  it("know every node's address before anything is up", async () => {
    expect(clusterOf(await host()).address("n3")).toBe("10.77.0.103");
  });
});

describe("down", () => {
  it("stops nothing, or with destroy what `up` had started", async () => {
    const fake = await host();
    fake.node("n2").active = "inactive";
    const cluster = clusterOf(fake);
    await cluster.up();
    await cluster.down({ destroy: true });
    await cluster.down({ destroy: false });
    expect(fake.calls).toEqual(["start n2", "stop n2"]);
  });
});

describe("finding the cluster of this host", () => {
  it("says what is missing where there is no module", async () => {
    const error = await failure(NixosCluster.find("run", "/nowhere/cluster.json"));
    expect(error).toMatchObject({ code: "environment" });
    expect(error?.message).toContain("services.jepsen-ts-cluster.enable = true");
  });

  it("finds it by its description, and again by what a run recorded", async () => {
    const fake = await host();
    const found = await NixosCluster.find("look", fake.file);
    expect(found.describe()).toEqual({ kind: "nixos", file: fake.file });
    expect(found.description).toEqual(fake.description);
  });

  it("is active where every described unit is loaded, up or not", async () => {
    const fake = await host();
    const { containers } = fake.tools;
    fake.node("n1").active = "inactive";
    expect(await NixosCluster.isActive(fake.file, containers)).toBe(true);
    fake.node("n1").loaded = false;
    expect(await NixosCluster.isActive(fake.file, containers)).toBe(false);
    expect(await NixosCluster.isActive("/nowhere/cluster.json", containers)).toBe(false);
    const noSystemd = new Containers(() => Promise.reject(new Error("Host is down")));
    expect(await NixosCluster.isActive(fake.file, noSystemd)).toBe(false);
  });

  it.each([
    ["no JSON", "{", /is not JSON/],
    ["another format", JSON.stringify({ format: 2 }), /format.*module of the same version/],
    ["no nodes", JSON.stringify({ format: 1, nodes: [] }), /not what this version/],
  ])("refuses a description with %s", async (_what, text, sentence) => {
    const fake = await host();
    await writeFile(fake.file, text);
    const error = await failure(readDescription(fake.file));
    expect(error).toMatchObject({ code: "environment" });
    expect(error?.message).toMatch(sentence);
  });
});

describe("HostClaim", () => {
  it("is had by one at a time, says by whom, and can be had again", async () => {
    const name = `test ${process.pid}`;
    const first = await HostClaim.take(name);
    expect(first).toBeDefined();
    expect(await HostClaim.take(name)).toBeUndefined();
    expect(await claimHolder(name)).toBe(process.pid);
    await first?.release();
    expect(await claimHolder(name)).toBeUndefined();
    const again = await HostClaim.take(name);
    expect(again).toBeDefined();
    await again?.release();
  });
});

describe("Containers", () => {
  it("reads states in any order, and takes a unit that is not mentioned for unknown", async () => {
    const out =
      "ActiveState=active\nId=b.service\nLoadState=loaded\n\nId=a.service\nLoadState=not-found\nActiveState=inactive\n";
    const states = await new Containers(async () => out).states(["a.service", "b.service", "c.service"]);
    expect([...states]).toEqual([
      ["a.service", { loaded: false, active: "inactive" }],
      ["b.service", { loaded: true, active: "active" }],
      ["c.service", { loaded: false, active: "inactive" }],
    ]);
  });

  it("does not call systemctl for nothing", async () => {
    await new Containers(() => Promise.reject(new Error("called"))).start([]);
  });
});
