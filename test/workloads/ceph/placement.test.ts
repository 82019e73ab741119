import { describe, expect, it } from "vitest";
import type { Test } from "../../../src/test.ts";
import { noteObject, objectsInUse } from "../../../workloads/ceph/objects-in-use.ts";
import { nodesOf, rolesOf } from "../../../workloads/ceph/placement.ts";

const nodes = ["n1", "n2", "n3", "n4", "n5"];
const objects = { size: 3, minSize: 2, placementGroups: 16, cephx: true, rados: true, cephfs: false, pageCache: false };
const files = { ...objects, rados: false, cephfs: true };

describe("where Ceph's daemons run", () => {
  it("monitors on the first nodes, metadata servers on the last, OSDs and mounts everywhere", () => {
    expect(nodesOf("mon", nodes, files)).toEqual(["n1", "n2", "n3"]);
    expect(nodesOf("mgr", nodes, files)).toEqual(["n1", "n2"]);
    expect(nodesOf("mds", nodes, files)).toEqual(["n3", "n4", "n5"]);
    for (const role of ["osd", "mount"] as const) expect(nodesOf(role, nodes, files)).toEqual(nodes);
  });

  it("no metadata server and no mount without CephFS", () => {
    expect(rolesOf("n3", nodes, objects)).toEqual(["mon", "osd"]);
    expect(rolesOf("n3", nodes, files)).toEqual(["mon", "osd", "mds", "mount"]);
  });

  it("one node runs everything", () => {
    expect(rolesOf("n1", ["n1"], files)).toEqual(["mon", "mgr", "osd", "mds", "mount"]);
  });
});

describe("objects in use", () => {
  it("are the last few, the newest first, each once, and every test has its own", () => {
    const test = { cluster: {} } as Test;
    for (const object of ["a", "b", "c", "b", "d", "e"]) noteObject(test, object);
    expect(objectsInUse(test)).toEqual(["e", "d", "b", "c"]);
    expect(objectsInUse({ cluster: {} } as Test)).toEqual([]);
  });
});
