import { expect, test } from "vitest";
import type { Test } from "../../../src/test.ts";
import { EtcdMembers } from "../../../workloads/etcd/members.ts";

test("a member is announced only when the one that is asked follows a leader that is a member", async () => {
  const asked: string[] = [];
  const leaders = ["7", "7", "2"]; // 7 was taken out, and is followed still
  const members = new EtcdMembers({
    peerUrl: (_test, node) => `http://${node}:2380`,
    post: async (_test, _node, path) => {
      asked.push(path.slice(path.lastIndexOf("/") + 1));
      const known = [1, 2].map((i) => ({ ID: String(i), name: `n${i}`, peerURLs: [`http://n${i}:2380`] }));
      const body = path.endsWith("status")
        ? { leader: leaders.shift() }
        : path.endsWith("list")
          ? { members: known }
          : { member: { ID: "3" }, members: [...known, { ID: "3", peerURLs: ["http://n3:2380"] }] };
      return { status: 200, body, dateMs: undefined };
    },
  });
  const cluster = { nodes: ["n1", "n2", "n3"] } as unknown as Test;
  let started = 0;
  await members.add(cluster, "n3", "n1", async () => {
    started++;
  });
  const waiting = ["status", "list", "status", "list", "status", "list"];
  expect(asked).toEqual(["list", ...waiting, "add", "promote"]);
  expect(started).toBe(1);
  expect(members.clusterFlags(cluster, "n3")).toEqual([
    "--initial-cluster",
    "n1=http://n1:2380,n2=http://n2:2380,n3=http://n3:2380",
    "--initial-cluster-state",
    "existing",
  ]);
});
