import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { CONTROL, type Connections, portDoubts, tryConnections } from "../../../nemesis/ports/connections.ts";
import { portsFamily } from "../../../nemesis/ports/ports.ts";
import { portList, portRules } from "../../../nemesis/ports/ports-nemesis.ts";
import type { Db } from "../../../src/test.ts";
import { localTest, without } from "../local-test.ts";

const NODES = ["n1", "n2", "n3"];
const bare: Db = { setup: async () => {}, teardown: async () => {} };

/** Everything answers, but what this says. */
function connections(answers: (from: string, to: string, port: number) => boolean): Connections {
  const cell = (from: string, to: string) => ({ "1": answers(from, to, 1), "2": answers(from, to, 2) });
  const row = (from: string) =>
    Object.fromEntries(NODES.filter((to) => to !== from).map((to) => [to, cell(from, to)] as const));
  return Object.fromEntries(NODES.map((from) => [from, row(from)] as const));
}

describe("ports", () => {
  it("are as they should be, or doubted by name", () => {
    const cut = { n2: [1] };
    const between = (from: string, to: string, port: number) => port !== 1 || (from !== "n2" && to !== "n2");
    expect(portDoubts(connections(between), cut, true)).toEqual([]);
    expect(portDoubts(connections(between), {}, true)).toHaveLength(4);
    const open = portDoubts(
      connections(() => true),
      cut,
      true,
    );
    expect(open).toContain("n1 still reaches port 1 of n2.");
    expect(open).toHaveLength(4);
  });

  it("say nothing where another fault has cut the nodes apart", () => {
    const apart = connections((from, to, port) => from !== "n1" && to !== "n1" && port !== 1);
    expect(portDoubts(apart, { n2: [1], n3: [1] }, false)).toEqual([]);
    expect(portDoubts(apart, { n2: [1], n3: [1] }, true)).toHaveLength(2 * 2);
    expect(
      portDoubts(
        connections(() => false),
        { n2: [1] },
        false,
      ),
    ).toEqual(["Nobody could try the ports of n2."]);
  });

  it("are tried for real: a listener and a refusal both answer", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const local = localTest(["n1", "n2"], bare);
    const { connections, failures } = await tryConnections(local, [port, 1], [port]);
    const alone = await tryConnections(without("n2", local), [port, 1], [port]);
    server.close();
    expect(failures).toEqual([]);
    expect(connections).toEqual({
      n1: { n2: { [port]: true, 1: true } },
      n2: { n1: { [port]: true, 1: true } },
      [CONTROL]: { n1: { [port]: true }, n2: { [port]: true } },
    });
    const left = { n1: {}, [CONTROL]: { n1: { [port]: true } } };
    expect(alone).toEqual({ connections: left, failures: ["n2: Cannot reach n2."] });
  });

  it("are dropped by a table of their own, and nothing else is", () => {
    expect(portRules([2380, 2381])).toContain("tcp dport { 2380, 2381 } counter drop");
    expect(portList([6789, 6801, 6802, 6803, 3300])).toBe("3300, 6789, 6801 to 6803");
    const context = { nodes: NODES, db: bare, options: {}, intervalMs: 1 };
    expect(portsFamily.cannot(context)).toContain("tells its ports");
    const telling = { ...bare, ports: { peer: [1], client: [2] } };
    expect(portsFamily.cannot({ ...context, db: telling })).toBeUndefined();
  });
});
