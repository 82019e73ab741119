import { monotonicMs, sleep } from "../../src/clock.ts";
import type { Test } from "../../src/test.ts";
import { NodeAgents } from "../agents.ts";
import { onEachNode } from "../reasons.ts";

/** matrix[from][to]: whether a datagram from one node arrived at another. */
export type Reachability = Readonly<Record<string, Readonly<Record<string, boolean>>>>;

/** What was heard between the nodes that answer, and a sentence for each other node. */
export interface Hearing {
  readonly matrix: Reachability;
  readonly failures: readonly string[];
}

/** So many that another fault's lost packets are no silence. */
const DATAGRAMS = 8;
const ARRIVAL_TIMEOUT_MS = 600;
/** How long an absent datagram is waited for after all expected ones have come. */
const SILENCE_MS = 100;

/**
 * The node's side: it hears datagrams on a port of its own and tells which were heard. It ends with its stdin.
 * Requests and answers are JSON lines; a datagram is "NONCE NAME".
 */
const AGENT = `
import json, select, socket, sys
sock = socket.socket(socket.AF_INET6 if sys.argv[1] == "6" else socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("", 0))
print(json.dumps({"port": sock.getsockname()[1]}), flush=True)
heard = {}
buffer = b""
while True:
    ready, _, _ = select.select([sock, 0], [], [])
    if sock in ready:
        nonce, name = sock.recvfrom(512)[0].decode("utf-8", "replace").split(" ", 1)
        heard.setdefault(nonce, set()).add(name)
    if 0 in ready:
        import os
        chunk = os.read(0, 65536)
        if not chunk:
            break
        buffer += chunk
        while b"\\n" in buffer:
            line, buffer = buffer.split(b"\\n", 1)
            request = json.loads(line)
            if "send" in request:
                for _ in range(request["count"]):
                    for address, port in request["send"]:
                        try:
                            sock.sendto((request["nonce"] + " " + request["me"]).encode(), (address, port))
                        except OSError:
                            pass  # an unreachable network shows as silence at the other end
                print(json.dumps({"sent": True}), flush=True)
            else:
                print(json.dumps({"heard": sorted(heard.get(request["heard"], []))}), flush=True)
`;

/**
 * Measures who can send to whom, by one-way datagrams from node to node: independent of any rule, and with the two
 * directions told apart (a connection would fail in both when one is cut).
 */
export class ReachabilityProbe {
  readonly #agents: NodeAgents;
  readonly #addresses: ReadonlyMap<string, string>;
  #nonce = 0;

  private constructor(agents: NodeAgents, addresses: ReadonlyMap<string, string>) {
    this.#agents = agents;
    this.#addresses = addresses;
  }

  static async start(test: Test): Promise<ReachabilityProbe> {
    const addresses = new Map(test.nodes.map((node) => [node, test.cluster.address(node)]));
    return new ReachabilityProbe(await NodeAgents.start(test, AGENT, "reachability agent"), addresses);
  }

  /** Measures all pairs at once, in well under a second; without the nodes whose agents do not answer. */
  async measure(isExpected: (from: string, to: string) => boolean): Promise<Hearing> {
    const nonce = String(++this.#nonce);
    const failures = [...(await this.#agents.reopen())];
    const all = this.#agents.nodes;
    const sent = await onEachNode(all, async (me) => {
      const send = all.filter((to) => to !== me).map((to) => [this.#addresses.get(to), this.#agents.port(to)]);
      await this.#agents.ask(me, { send, nonce, me, count: DATAGRAMS });
    });
    failures.push(...sent.failures);
    let nodes = [...sent.found.keys()];
    const started = monotonicMs();
    for (;;) {
      const { found: heard, failures: mute } = await onEachNode(
        nodes,
        async (to) => ((await this.#agents.ask(to, { heard: nonce })) as { heard: readonly string[] }).heard,
      );
      failures.push(...mute);
      nodes = [...heard.keys()];
      const matrix: Reachability = Object.fromEntries(
        nodes.map((from) => [
          from,
          Object.fromEntries(
            nodes.filter((to) => to !== from).map((to) => [to, heard.get(to)?.includes(from) ?? false]),
          ),
        ]),
      );
      const elapsedMs = monotonicMs() - started;
      const allThere = nodes.every((from) =>
        nodes.every((to) => from === to || !isExpected(from, to) || matrix[from]?.[to]),
      );
      if ((allThere && elapsedMs >= SILENCE_MS) || elapsedMs >= ARRIVAL_TIMEOUT_MS) return { matrix, failures };
      await sleep(allThere ? Math.max(1, SILENCE_MS - elapsedMs) : 30);
    }
  }

  async close(): Promise<void> {
    await this.#agents.close();
  }
}
