import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasPorts } from "../../../src/abilities.ts";
import { configuration, monitorAddress } from "../../../workloads/ceph/configuration.ts";
import type { CephDb } from "../../../workloads/ceph/db.ts";
import { failed, radosError } from "../../../workloads/ceph/errors.ts";
import { keyring, newSecrets } from "../../../workloads/ceph/keys.ts";
import { cephSuite } from "../../../workloads/ceph/suite.ts";

const nodes = ["n1", "n2", "n3", "n4", "n5"];
const monitors = [
  { node: "n1", address: "10.0.0.1" },
  { node: "n2", address: "10.0.0.2" },
];
const options = { size: 3, minSize: 2, placementGroups: 16, cephx: true, rados: true, cephfs: false, pageCache: false };
const place = { name: "n4", address: "10.0.0.4" };

describe("Ceph's configuration", () => {
  it("asks for keys unless told not to", () => {
    const safe = configuration("f", place, monitors, options);
    expect(safe.match(/auth .* required = cephx/g)).toHaveLength(3);
    const open = configuration("f", place, monitors, { ...options, cephx: false });
    expect(open.match(/auth .* required = none/g)).toHaveLength(3);
  });

  it("names the monitors, the node's place, and how many copies there are", () => {
    const text = configuration("f", place, monitors, { ...options, size: 2, minSize: 1 });
    expect(text).toContain("mon host = [v2:10.0.0.1:3300,v1:10.0.0.1:6789],[v2:10.0.0.2:3300,v1:10.0.0.2:6789]");
    expect(text).toContain("public addr = 10.0.0.4");
    expect(text).toContain("osd pool default size = 2");
    expect(text).toContain("osd pool default min size = 1");
  });

  it("has daemons listen where a cut of ports looks for them, each purpose on ports of its own", () => {
    const db = cephSuite.db?.({ nodes, concurrency: 10, options: cephSuite.options.parse({}) });
    if (!hasPorts(db)) throw new Error("Ceph must tell its ports.");
    const { peer, client } = db.ports;
    const ranges = [
      ...configuration("f", place, monitors, options).matchAll(/port min = (\d+)\nms bind port max = (\d+)/g),
    ];
    const listened = ranges.flatMap(([, first, last]) =>
      Array.from({ length: Number(last) - Number(first) + 1 }, (_, n) => Number(first) + n),
    );
    expect(ranges).toHaveLength(3);
    expect([...peer, ...client].sort()).toEqual([3300, ...listened, 6789].sort());
    expect(client).toContain(6800); // an OSD takes it first, and gives it to clients
    expect(peer).toEqual(expect.arrayContaining([3300, 6789, 6801, 6802, 6803]));
    expect(peer.filter((port) => client.includes(port))).toEqual([]);
  });

  it("writes addresses of both families", () => {
    expect(monitorAddress({ node: "n1", address: "fd00::1" })).toBe("[v2:[fd00::1]:3300,v1:[fd00::1]:6789]");
    const text = configuration("f", { name: "n1", address: "fd00::1" }, monitors, options);
    expect(text).toContain("ms bind ipv6 = true");
    expect(text).toContain("ms bind ipv4 = false");
  });
});

describe("Ceph's keys", () => {
  const secrets = newSecrets(["n1"], ["n5"], 2);

  it("are one for each daemon, all different, and in the form that cephx takes", () => {
    expect([...secrets.keys.keys()]).toEqual(["mon.", "client.admin", "mgr.n1", "mds.n5", "osd.0", "osd.1"]);
    expect(new Set(secrets.keys.values()).size).toBe(6);
    for (const key of secrets.keys.values()) {
      const bytes = Buffer.from(key, "base64");
      expect([bytes.length, bytes.readUInt16LE(0), bytes.readUInt16LE(10)]).toEqual([28, 1, 16]);
    }
    expect(newSecrets(["n1"], ["n5"], 2).keys.get("mon.")).not.toBe(secrets.keys.get("mon."));
  });

  it("go into a keyring, with what each may do only where it is asked for", () => {
    const bare = keyring(secrets, ["osd.1"], false);
    expect(bare).toBe(`[osd.1]\n\tkey = ${secrets.keys.get("osd.1")}\n`);
    expect(keyring(secrets, ["osd.1"], true)).toContain('caps mon = "allow profile osd"');
  });

  it.skipIf(!hasAuthtool())("are read by Ceph's own tool", () => {
    const directory = mkdtempSync(join(tmpdir(), "ceph-keyring-"));
    try {
      const path = join(directory, "keyring");
      writeFileSync(path, keyring(secrets, secrets.keys.keys(), true));
      const said = execFileSync("ceph-authtool", [path, "--print-key", "--name", "osd.1"], { encoding: "utf8" });
      expect(said.trim()).toBe(secrets.keys.get("osd.1"));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("errors of RADOS operations", () => {
  it("are definite when the cluster was never reached, or the OSD refuses", () => {
    expect(radosError("ETIMEDOUT", "m", false).definite).toBe(true);
    expect(radosError("EPERM", "m", true).definite).toBe(true);
  });

  it.each(["ETIMEDOUT", "ENOSPC", "EIO", "EBUSY", "ESHUTDOWN", "ENOENT", "4095"])(
    "are indefinite otherwise: %s",
    (errno) => {
      const error = radosError(errno, "m", true);
      expect(failed(error, false)).toEqual({ type: "info", error: { code: errno, message: "m" } });
      expect(failed(error, true).type).toBe("fail");
    },
  );
});

describe("the ceph suite", () => {
  const context = (given: object) => ({ nodes, concurrency: 10, options: cephSuite.options.parse(given) });

  it("offers its workloads", () => {
    const names = "rados-register rados-append rados-set fs-append fs-set fs-register fs-rename fs-lock fs-counter";
    expect(Object.keys(cephSuite.workloads).join(" ")).toBe(names);
    for (const make of Object.values(cephSuite.workloads)) expect(make(context({}))).toHaveProperty("checker");
  });

  it.each([{ poolSize: 6 }, { poolSize: 2, minSize: 3 }])("refuses copies that cannot be: %o", (given) => {
    expect(() => cephSuite.db?.(context(given))).toThrow(/cannot be on 5 nodes/);
  });

  it("brings CephFS for the workloads that need it, and when it is asked for", () => {
    const rolesOf = (workload: string, given: object = {}) =>
      (cephSuite.db?.({ ...context(given), workload }) as CephDb | undefined)?.roles;
    expect(rolesOf("rados-set")).toEqual(["mon", "mgr", "osd"]);
    expect(rolesOf("fs-set")).toEqual(["mon", "mgr", "osd", "mds", "mount"]);
    expect(rolesOf("rados-set", { cephfs: true })).toContain("mds");
  });

  it("takes a weak pool, which is there to be caught", () => {
    expect(() => cephSuite.db?.(context({ poolSize: 2, minSize: 1 }))).not.toThrow();
  });
});

function hasAuthtool(): boolean {
  try {
    execFileSync("ceph-authtool", ["--gen-print-key"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
