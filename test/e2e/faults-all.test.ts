import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { expectVerdict, folder, nodes, run } from "./cli.ts";
import { onNode } from "./faults-run.ts";

const ETCD = fileURLToPath(new URL("../../dist/workloads/etcd/suite.js", import.meta.url));

/** A user's own suite: etcd, and a fault family that only this user has. */
const SUITE = `
import type { NemesisPackage, Suite, Test } from "jepsen-ts";
import { once } from "jepsen-ts/generator";
import { etcdSuite } from ${JSON.stringify(ETCD)};

const FILE = "/var/tmp/own-fault";
const shell = async (test: Test, script: string) => (await (await test.cluster.session("n2")).exec(["sh", "-c", script])).stdout.trim();

const own: NemesisPackage = {
  name: "own",
  nemesis: {
    fs: new Set(["own-start", "own-stop"]),
    async invoke(test, { f }) {
      await shell(test, f === "own-start" ? "touch " + FILE : "rm -f " + FILE);
      const found = await shell(test, "ls " + FILE + " 2>/dev/null; true");
      const proven = (found === FILE) === (f === "own-start");
      return { type: proven ? "ok" : "info", evidence: { proven, summary: "ls says: " + (found || "nothing") } };
    },
  },
  generator: once({ f: "own-start" }),
  finalGenerator: { f: "own-stop" },
  bands: [{ family: "own", start: ["own-start"], stop: ["own-stop"] }],
};

export const suite: Suite = { ...etcdSuite, name: "etcd-and-more", faults: () => [own] };
`;

/** A user's firewall, by nft and in the manner of iptables; and a queue of the user's own. */
const FIREWALL = `add table inet mine; add chain inet mine input { type filter hook input priority 0; policy accept; }
add rule inet mine input tcp dport 9 drop
add table ip filter; add chain ip filter INPUT { type filter hook input priority 0; policy accept; }
add chain ip filter own-fw; add rule ip filter INPUT jump own-fw
add rule ip filter own-fw ct state established,related accept; add rule ip filter own-fw tcp dport 23 counter drop`;

/** Everything that filters and queues packets on the nodes; iptables only where a node has it. */
async function rules(cluster: LocalCluster): Promise<Readonly<Record<string, string>>> {
  const script = "nft -s list ruleset; tc qdisc show; if command -v iptables-save >/dev/null; then iptables-save; fi";
  const plain = (text: string) => text.replace(/^#.*\n| \[\d+:\d+\]/gm, "");
  const all = await Promise.all(
    cluster.nodes.map(async (node) => [node, plain(await onNode(cluster, node, script))] as const),
  );
  return Object.fromEntries(all);
}

test("one of each: every family and a user's own is proven and undone, and the user's firewall stays as it was", async () => {
  const cluster = await nodes();
  for (const node of cluster.nodes) await onNode(cluster, node, `nft -f - <<'END'\n${FIREWALL}\nEND`);
  const before = await rules(cluster);
  expect(before.n1).toContain("own-fw");
  const store = await folder();
  const suite = join(store, "suite.ts");
  await writeFile(suite, SUITE);
  const faults = ["--nemesis", "all,files", "--nemesis-schedule", "one-of-each", "--file-damage", "flip"];
  const where = ["--file-class", "wal", "--cluster", cluster.id, "--store", store];
  const pace = ["--time-limit", "52", "--rate", "100", "--settle", "1"];
  // at nodes that are always there: who leads, and whether anybody does, is up to etcd
  const struck = ["kill", "stop", "restart", "pause", "clock", "packet", "ports", "membership"];
  const targets = [...struck.flatMap((name) => [`--${name}-targets`, "one"]), "--partition", "halves"];
  const result = await run([suite, ...faults, ...targets, ...where, ...pace]);
  const families = result.results.checkers.faults.families as Record<string, { valid: unknown; reason?: string }>;
  expect(Object.keys(families).sort()).toEqual([
    "clock",
    "disk",
    "files",
    "kill",
    "membership",
    "own",
    "packet",
    "partition",
    "pause",
    "ports",
    "restart",
    "stop",
  ]);
  for (const [name, { valid, reason }] of Object.entries(families)) expect(valid, `${name}: ${reason}`).toBe(true);
  expectVerdict(result, true);
  expect(await rules(cluster)).toEqual(before);
  expect(await onNode(cluster, "n2", "ls /var/tmp/own-fault 2>/dev/null; true")).toBe("");
});
