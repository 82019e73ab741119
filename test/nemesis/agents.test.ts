import { expect, onTestFinished, test } from "vitest";
import { NodeAgents } from "../../nemesis/agents.ts";
import type { Db } from "../../src/test.ts";
import { localTest, SpawningSession } from "./local-test.ts";

/** Answers with what it was asked and its own number; a `late` request comes late. */
const PROGRAM = `
import json, os, sys, time
print(json.dumps({"port": os.getpid()}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    time.sleep(asked.get("late", 0))
    print(json.dumps({"of": asked["id"], "pid": os.getpid()}), flush=True)
`;

test("an agent that did not answer in time is replaced before the next measurement, the others stay", async () => {
  const local = localTest(["n1", "n2"], {} as Db);
  const sessions = new Map(local.nodes.map((node) => [node, new SpawningSession(node)]));
  const agents = await NodeAgents.start(
    {
      ...local,
      cluster: { ...local.cluster, session: async (node) => sessions.get(node)!, address: () => "127.0.0.1" },
    },
    PROGRAM,
    "echo agent",
  );
  onTestFinished(() => agents.close());
  const [first, other] = [agents.port("n1"), agents.port("n2")];
  const late = agents.ask("n1", { id: 1, late: 0.5 }, 100);
  await expect(late).rejects.toThrow("The echo agent on n1 does not answer");
  expect(await agents.reopen()).toEqual([]);
  expect(agents.port("n1")).not.toBe(first);
  expect(agents.port("n2")).toBe(other);
  expect(await agents.ask("n1", { id: 2 })).toEqual({ of: 2, pid: agents.port("n1") });
  expect(() => process.kill(first, 0)).toThrow("ESRCH");
});
