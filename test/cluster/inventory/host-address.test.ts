import { describe, expect, it } from "vitest";
import { parseHost } from "../../../src/cluster/inventory/host-address.ts";

describe("parseHost", () => {
  it("reads hosts, users and ports", () => {
    expect(parseHost("db1")).toEqual({ host: "db1" });
    expect(parseHost("me@db1:2222")).toEqual({ host: "db1", user: "me", port: 2222 });
    expect(parseHost("ssh://me@db1:2222/")).toEqual({ host: "db1", user: "me", port: 2222 });
    expect(parseHost("[fe80::1]:22")).toEqual({ host: "fe80::1", port: 22 });
  });

  it("refuses what is no host, and what ssh would take for an option", () => {
    for (const text of ["", "a b", "db1:0", "db1:70000", "@db1", "-oProxyCommand=x", "me@-x", "a:b"])
      expect(() => parseHost(text), text).toThrow(/is not a node/);
  });
});
