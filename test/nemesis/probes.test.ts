import { expect, onTestFinished, test } from "vitest";
import { loadFor } from "../../nemesis/packet/packet-evidence.ts";
import { TrafficProbe } from "../../nemesis/packet/traffic.ts";
import { ReachabilityProbe } from "../../nemesis/partition/reachability.ts";
import type { Db, RemoteProcess, Test } from "../../src/test.ts";
import { localTest, SpawningSession } from "./local-test.ts";

const NODES = ["n1", "n2", "n3"];

/** Agents of three nodes on this machine; `die` ends that of n2 for good. */
function world() {
  let isDead = false;
  const agents: RemoteProcess[] = [];
  class Session extends SpawningSession {
    override async spawn(argv?: readonly string[]): Promise<never> {
      if (isDead) throw new Error("Cannot reach n2.");
      const agent: RemoteProcess = await super.spawn(argv);
      if (this.node === "n2") agents.push(agent);
      return agent as never;
    }
  }
  const sessions = new Map(NODES.map((node) => [node, new Session(node)]));
  const local = localTest(NODES, {} as Db);
  const cluster = { ...local.cluster, session: async (node: string) => sessions.get(node)! };
  const die = async () => {
    isDead = true;
    await Promise.all(agents.map((agent) => agent.close()));
  };
  return { local: { ...local, cluster } as Test, die };
}

test("who hears whom is measured between the nodes that answer, and one that is gone is named", async () => {
  const { local, die } = world();
  const probe = await ReachabilityProbe.start(local);
  onTestFinished(() => probe.close());
  const whole = await probe.measure(() => true);
  expect(whole.failures).toEqual([]);
  expect(whole.matrix.n1).toEqual({ n2: true, n3: true });
  await die();
  const first = await probe.measure(() => true);
  expect(first.failures).toEqual([expect.stringContaining("The reachability agent on n2 ended")]);
  const next = await probe.measure(() => true);
  expect(next).toEqual({ matrix: { n1: { n3: true }, n3: { n1: true } }, failures: ["n2: Cannot reach n2."] });
});

test("traffic is measured between the nodes that answer, and one that is gone is named", async () => {
  const { local, die } = world();
  const probe = await TrafficProbe.start(local);
  onTestFinished(() => probe.close());
  const whole = await probe.measure(loadFor(undefined));
  expect(whole.failures).toEqual([]);
  expect(Object.keys(whole.traffic.n1 ?? {})).toEqual(["n2", "n3"]);
  await die();
  await probe.measure(loadFor(undefined));
  const next = await probe.measure(loadFor(undefined));
  expect(next.failures).toEqual(["n2: Cannot reach n2."]);
  expect(next.traffic).toMatchObject({ n1: { n3: { sent: 200 } }, n3: { n1: { sent: 200 } } });
  expect(Object.keys(next.traffic)).toEqual(["n1", "n3"]);
});
