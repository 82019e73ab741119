import { expect, test } from "vitest";
import { Hold } from "../../nemesis/hold.ts";
import type { Db } from "../../src/test.ts";
import { localTest } from "./local-test.ts";

test("a node that cannot be reached keeps no other from being undone, and stays held until it is", async () => {
  const local = localTest(["n1", "n2", "n3"], {} as Db);
  const hold = new Hold("fault");
  for (const node of local.nodes) await hold.begin(local, node, "true");
  const gone = local.guards.get("n2")!;
  gone.renew = async () => {
    throw new Error("Cannot reach n2.");
  };
  local.guards.get("n3")!.expiries++;
  expect(await hold.lapses(local)).toEqual([
    "The lease on n3 had run out: the fault was undone there meanwhile.",
    "n2: Cannot reach n2.",
  ]);

  let reachable = false;
  const undone: string[] = [];
  const undoOn = async (node: string) => {
    if (node === "n2" && !reachable) throw new Error("Cannot reach n2.");
    undone.push(node);
  };
  expect(await hold.undo(local, undoOn)).toEqual(["n2: Cannot reach n2."]);
  expect(undone).toEqual(["n1", "n3"]);
  expect(hold.nodes).toEqual(["n2"]);
  expect(gone.scripts.has("fault")).toBe(true);
  reachable = true;
  expect(await hold.undo(local, undoOn)).toEqual([]);
  expect(hold.nodes).toEqual([]);
  expect(gone.scripts.size).toBe(0);
});
