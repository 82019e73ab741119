import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { hostAddress, nodeAddress, nodeAddress6, subnetInUse } from "../../../src/cluster/local/network.ts";

describe("addresses of local nodes", () => {
  it("are distinct for every node and every cluster, and never the host's", () => {
    const seen = new Set<string>();
    for (let subnet = 0; subnet < 255; subnet++) {
      for (const address of [hostAddress(subnet), ...[0, 1, 2, 3, 4].map((i) => nodeAddress(subnet, i))])
        seen.add(address);
    }
    expect(seen.size).toBe(255 * 6);
    expect(nodeAddress(3, 0)).toBe("10.233.3.101");
    expect(nodeAddress6(3, 4)).toBe("fd10:233:3::105");
  });

  it("a network is free when no interface of this machine is in it, whatever else begins alike", () => {
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (let subnet = 0; subnet < 255; subnet++) {
      const there = own.some(({ address }) => address.split(".").slice(0, 3).join(".") === `10.233.${subnet}`);
      expect(subnetInUse(subnet)).toBe(there);
    }
  });
});
