import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  chooseCluster,
  chosenCluster,
  clusterAgain,
  clusterOptions,
  isTemporary,
  nodeLayout,
} from "../../src/cli/cluster-choice.ts";
import { LocalCluster } from "../../src/cluster/local/local-cluster.ts";

const options = (given: Readonly<Record<string, unknown>> = {}) => clusterOptions.parse(given);

afterEach(() => vi.unstubAllEnvs());

describe("chosenCluster", () => {
  it("is local where the NixOS module is not active and nothing is named", async () => {
    vi.stubEnv("JEPSEN_TS_CLUSTER_FILE", "/nowhere/cluster.json");
    expect(await chosenCluster(options())).toBe("local");
  });

  it("is what --cluster says", async () => {
    expect(await chosenCluster(options({ cluster: "nixos" }))).toBe("nixos");
    expect(await chosenCluster(options({ cluster: "a1b2c3" }))).toBe("a1b2c3");
  });

  it("is the inventory where machines are named, and nothing else then", async () => {
    expect(await chosenCluster(options({ nodes: ["a"] }))).toBe("inventory");
    expect(await chosenCluster(options({ nodesFile: "f", cluster: "inventory" }))).toBe("inventory");
    for (const cluster of ["nixos", "local", "a1b2c3"])
      await expect(chosenCluster(options({ nodes: ["a"], cluster }))).rejects.toMatchObject({ code: "usage" });
  });
});

describe("chooseCluster", () => {
  it("makes a temporary local one", async () => {
    const cluster = await chooseCluster(options({ cluster: "local" }), "run");
    expect(cluster.nodes).toEqual(["n1", "n2", "n3", "n4", "n5"]);
    expect(isTemporary(cluster)).toBe(true);
    expect(isTemporary(new LocalCluster({ nodes: ["n1"], owned: false }))).toBe(false);
  });

  it("refuses flags about nodes of another kind", async () => {
    vi.stubEnv("JEPSEN_TS_CLUSTER_FILE", "/nowhere/cluster.json");
    const choose = (given: object) => chooseCluster(options({ ...given }), "run");
    await expect(choose({ sshKey: "k" })).rejects.toThrow("--ssh-key is about machines of your own: name them with");
    await expect(choose({ sudo: true, cluster: "local" })).rejects.toThrow("--sudo is about machines of your own");
    await expect(choose({ nodeDisk: "1g", nodes: ["a"] })).rejects.toThrow("--node-disk is about local nodes");
    expect((await choose({ sudo: true, nodes: ["a"] })).nodes).toEqual(["a"]);
    expect((await choose({ nodeDisk: "64m", sudo: false })).kind).toBe("local");
    for (const nodeDisk of ["0g", "63m", "64k", "4"])
      expect(clusterOptions.safeParse({ nodeDisk }).success).toBe(false);
  });

  it("reads machines from flags and files together", async () => {
    const directory = await mkdtemp(join(tmpdir(), "jepsen-ts-choice-"));
    const nodesFile = join(directory, "nodes");
    await writeFile(nodesFile, "# mine\nc\n\nroot@d:2222 # that one\n");
    const cluster = await chooseCluster(options({ nodes: ["a", "b"], nodesFile }), "run");
    expect(cluster.nodes).toEqual(["a", "b", "c", "d"]);
    expect(isTemporary(cluster)).toBe(false);
    await rm(directory, { recursive: true });
  });

  it("says what a host without the module lacks, and which local clusters there are", async () => {
    vi.stubEnv("JEPSEN_TS_CLUSTER_FILE", "/nowhere/cluster.json");
    await expect(chooseCluster(options({ cluster: "nixos" }), "run")).rejects.toThrow(/services\.jepsen-ts-cluster/);
    await expect(chooseCluster(options({ cluster: "no-such" }), "run")).rejects.toThrow(/no local cluster "no-such"/);
  });
});

describe("clusterAgain", () => {
  it("finds no cluster that is gone, and takes none for another", async () => {
    expect(await clusterAgain({ kind: "nixos", file: "/nowhere/cluster.json" })).toBeUndefined();
    expect(await clusterAgain({ kind: "local", id: "no-such" })).toBeUndefined();
    expect(await clusterAgain({ kind: "none" })).toBeUndefined();
  });
});

describe("nodeLayout", () => {
  it("is the host's unless the environment says nixos", () => {
    vi.stubEnv("JEPSEN_TS_NODE_LAYOUT", "");
    expect(nodeLayout()).toBe("host");
    vi.stubEnv("JEPSEN_TS_NODE_LAYOUT", "nixos");
    expect(nodeLayout()).toBe("nixos");
    vi.stubEnv("JEPSEN_TS_NODE_LAYOUT", "guix");
    expect(nodeLayout).toThrow(/host or nixos/);
  });
});
