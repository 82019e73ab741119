import { describe, expect, it } from "vitest";
import { onAllNodes, onNodes } from "../../src/control/on-nodes.ts";
import { JepsenError } from "../../src/errors.ts";

const NODES = ["n1", "n2", "n3"];

/** A task whose ends are decided by the test. */
function gates() {
  const open = new Map<string, () => void>();
  const task = (node: string) => new Promise<string>((resolve) => open.set(node, () => resolve(node.toUpperCase())));
  return { open, task };
}

describe("onNodes", () => {
  it("starts on all nodes before any is done, and answers in the order of the nodes", async () => {
    const { open, task } = gates();
    const outcomes = onNodes(NODES, task);
    expect([...open.keys()]).toEqual(NODES);
    for (const node of ["n3", "n1", "n2"]) open.get(node)?.();
    expect(await outcomes).toEqual(NODES.map((node) => ({ node, value: node.toUpperCase() })));
  });

  it("gives each node's error beside the others' values", async () => {
    const error = new Error("no");
    const outcomes = await onNodes(NODES, async (node) => {
      if (node === "n2") throw error;
      return 1;
    });
    expect(outcomes).toEqual([
      { node: "n1", value: 1 },
      { node: "n2", error },
      { node: "n3", value: 1 },
    ]);
  });
});

describe("onAllNodes", () => {
  it("maps nodes to values", async () => {
    expect(await onAllNodes(NODES, async (node) => node.length)).toEqual(new Map(NODES.map((node) => [node, 2])));
    expect(await onAllNodes([], async () => 1)).toEqual(new Map());
  });

  it("waits for all nodes before it rejects, and throws a single failure as it is", async () => {
    const { open, task } = gates();
    const error = new JepsenError("connect", "gone", { node: "n1" });
    let settled = false;
    const all = onAllNodes(NODES, (node) => (node === "n1" ? Promise.reject(error) : task(node))).finally(() => {
      settled = true;
    });
    const outcome = all.catch((thrown: unknown) => thrown);
    open.get("n2")?.();
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(settled).toBe(false);
    open.get("n3")?.();
    expect(await outcome).toBe(error);
  });

  it("throws several failures as one, with the first one's code and every node's sentence", async () => {
    const failing = onAllNodes(NODES, async (node) => {
      if (node === "n2") return;
      throw node === "n1" ? new JepsenError("setup", "did not start", { a: 1 }) : new Error("lost");
    });
    const error = (await failing.catch((thrown: unknown) => thrown)) as JepsenError;
    expect(error).toBeInstanceOf(JepsenError);
    expect(error.code).toBe("setup");
    expect(error.message).toBe("2 nodes failed.\nn1: did not start\nn3: lost");
    expect(error.data).toEqual({ a: 1, nodes: ["n1", "n3"] });
  });
});
