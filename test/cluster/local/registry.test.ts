import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimDirectory, claimSubnet, forget } from "../../../src/cluster/local/registry.ts";

let registry = "";

beforeEach(async () => {
  registry = join(await mkdtemp(join(tmpdir(), "jepsen-ts-registry-")), "jepsen-ts");
});

afterEach(async () => {
  await rm(join(registry, ".."), { recursive: true, force: true });
});

const none = () => false;
const ids = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`);

describe("claimSubnet", () => {
  it("gives clusters that come up at the same moment networks of their own", async () => {
    const subnets = await Promise.all(ids(60).map((id) => claimSubnet(id, none, registry)));
    expect(new Set(subnets).size).toBe(60);
    for (const [i, subnet] of subnets.entries())
      expect(await readFile(join(registry, "subnets", String(subnet), "cluster"), "utf8")).toBe(`c${i}`);
  });

  it("passes over networks that interfaces of this machine have", async () => {
    expect(await claimSubnet("a", (subnet) => subnet < 7, registry)).toBe(7);
  });

  it("says what to do when none is left", async () => {
    await expect(claimSubnet("a", () => true, registry)).rejects.toThrow(/cluster down --all/);
  });

  it("can be claimed again after it was given up", async () => {
    const subnet = await claimSubnet("a", none, registry);
    await forget({ id: "a", subnet }, registry);
    expect(await claimSubnet("b", none, registry)).toBe(subnet);
  });

  it("is not disturbed by others who give up the last cluster, and the registry with it, at any moment", async () => {
    const comeAndGo = async (id: string) => {
      for (let round = 0; round < 40; round++) {
        await claimDirectory(id, registry);
        const subnet = await claimSubnet(id, none, registry);
        expect(await readFile(join(registry, "subnets", String(subnet), "cluster"), "utf8")).toBe(id);
        await forget({ id, subnet }, registry);
      }
    };
    await Promise.all(ids(4).map(comeAndGo));
    await expect(readdir(registry)).rejects.toThrow(/ENOENT/);
  });
});

describe("forget", () => {
  it("removes what is its own, and leaves the others' alone", async () => {
    const [a, b] = [await claimSubnet("a", none, registry), await claimSubnet("b", none, registry)];
    for (const id of ["a", "b"]) await claimDirectory(id, registry);
    await forget({ id: "a", subnet: a }, registry);
    expect(await readdir(join(registry, "subnets"))).toEqual([String(b)]);
    expect(await readdir(join(registry, "clusters"))).toEqual(["b"]);
  });
});
