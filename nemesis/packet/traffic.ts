import { monotonicMs, sleep } from "../../src/clock.ts";
import type { Test } from "../../src/test.ts";
import { NodeAgents } from "../agents.ts";
import { onEachNode } from "../reasons.ts";

/** What arrived over one direction, of `sent` numbered datagrams. */
export interface Arrivals {
  readonly sent: number;
  /** Sound datagrams, doubles counted once. */
  readonly distinct: number;
  readonly doubles: number;
  /** Datagrams that came after one with a higher number. */
  readonly overtaken: number;
  /** Datagrams whose checksum was wrong. */
  readonly damaged: number;
  /** From the first to the last of them, in milliseconds. */
  readonly spanMs: number;
  /** Median time to the other end and back, in milliseconds; absent when nothing came back. */
  readonly roundTripMs?: number;
}

/** traffic[from][to] */
export type Traffic = Readonly<Record<string, Readonly<Record<string, Arrivals>>>>;

/** What arrived between the nodes that answer, and a sentence for each other node. */
export interface Sample {
  readonly traffic: Traffic;
  readonly failures: readonly string[];
}

/** How the load is sent: so many datagrams of so many bytes to each other node, so many milliseconds apart. */
export interface Load {
  readonly count: number;
  readonly bytes: number;
  readonly gapMs: number;
  /** How long stragglers are waited for at most. */
  readonly waitMs: number;
}

const POLL_MS = 100;
/** Nothing new for so long: what has not come will not. */
const QUIET_MS = 300;
const BYTES_OVERHEAD = 28;

/**
 * The node's side. A datagram is "NONCE NAME SEQ NANOSECONDS", spaces up to its size, and a CRC; it is echoed once so
 * that the sender learns the round trip. UDP's own checksum is left out (SO_NO_CHECK, 11), so that a datagram with a
 * flipped bit arrives and is counted.
 */
const AGENT = `
import json, os, select, socket, sys, time, zlib
six = sys.argv[1] == "6"
sock = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
for option, value in ((socket.SO_RCVBUF, 8 << 20), (33, 8 << 20), (11, 1)):  # 33: SO_RCVBUFFORCE
    try:
        sock.setsockopt(socket.SOL_SOCKET, option, value)
    except OSError:
        pass  # a smaller buffer, or no count of flipped bits
sock.bind(("", 0))
sock.setblocking(False)
print(json.dumps({"port": sock.getsockname()[1]}), flush=True)
nonce, seen, trips, names, queue = "", {}, {}, {}, []
gap, due, buffer = 0.0, 0.0, b""
def entry(name):
    return seen.setdefault(name, {"numbers": set(), "doubles": 0, "overtaken": 0, "damaged": 0, "top": -1, "first": 0, "last": 0})
def hear():
    global seen
    for _ in range(500):
        try:
            data, source = sock.recvfrom(65536)
        except (BlockingIOError, OSError):
            return
        now = time.monotonic_ns()
        body, crc = data[:-4], data[-4:]
        if len(data) < 5 or zlib.crc32(body).to_bytes(4, "big") != crc:
            if source[:2] in names:
                entry(names[source[:2]])["damaged"] += 1
            continue
        words = body.decode("ascii").split()
        if words[1] != nonce:
            continue
        if words[0] == "echo":
            trips.setdefault(words[2], []).append((now - int(words[4])) / 1e6)
            continue
        at, number = entry(words[2]), int(words[3])
        if number in at["numbers"]:
            at["doubles"] += 1
        else:
            at["numbers"].add(number)
            if number < at["top"]:
                at["overtaken"] += 1
            at["top"] = max(at["top"], number)
        at["first"], at["last"] = at["first"] or now, now
        if number % 4 == 0:
            send("echo", words[1], me, words[3], words[4], source, 0)
def send(kind, which, name, number, stamp, target, size):
    body = " ".join((kind, which, name, str(number), str(stamp))).encode().ljust(max(0, size - 4))
    try:
        sock.sendto(body + zlib.crc32(body).to_bytes(4, "big"), target)
    except OSError:
        pass  # it shows as a loss at the other end
me = ""
while True:
    wait = max(0.0, due - time.monotonic()) if queue else None
    ready, _, _ = select.select([sock, 0], [], [], wait)
    if sock in ready:
        hear()
    if queue and time.monotonic() >= due:
        number, targets, size = queue.pop()
        for target in targets:
            send("ping", nonce, me, number, time.monotonic_ns(), target, size)
        due = time.monotonic() + gap
    if 0 in ready:
        chunk = os.read(0, 65536)
        if not chunk:
            break
        buffer += chunk
        while b"\\n" in buffer:
            line, buffer = buffer.split(b"\\n", 1)
            ask = json.loads(line)
            if ask["act"] == "begin":
                nonce, me, seen, trips, queue = ask["nonce"], ask["me"], {}, {}, []
                names = {(address, port): name for name, address, port in ask["peers"]}
            elif ask["act"] == "send":
                targets = list(names)
                queue = [(number, targets, ask["bytes"]) for number in range(ask["count"] - 1, -1, -1)]
                gap, due = ask["gapMs"] / 1000, time.monotonic()
            told = {name: {"distinct": len(at["numbers"]), "doubles": at["doubles"], "overtaken": at["overtaken"],
                "damaged": at["damaged"], "spanMs": (at["last"] - at["first"]) / 1e6} for name, at in seen.items()}
            middles = {name: sorted(each)[len(each) // 2] for name, each in trips.items()}
            print(json.dumps({"told": told, "trips": middles, "left": len(queue)}), flush=True)
`;

interface Told {
  readonly told: Readonly<Record<string, Omit<Arrivals, "sent" | "roundTripMs">>>;
  readonly trips: Readonly<Record<string, number>>;
  readonly left: number;
}

/** Sends numbered datagrams from every node to every other, and counts what arrives: each direction by itself. */
export class TrafficProbe {
  readonly #agents: NodeAgents;
  readonly #addresses: ReadonlyMap<string, string>;
  #nonce = 0;

  private constructor(agents: NodeAgents, addresses: ReadonlyMap<string, string>) {
    this.#agents = agents;
    this.#addresses = addresses;
  }

  static async start(test: Test): Promise<TrafficProbe> {
    const addresses = new Map(test.nodes.map((node) => [node, test.cluster.address(node)]));
    return new TrafficProbe(await NodeAgents.start(test, AGENT, "traffic agent"), addresses);
  }

  /** Measures all directions at once; without the nodes whose agents do not answer. */
  async measure(load: Load): Promise<Sample> {
    const nonce = String(++this.#nonce);
    const failures = [...(await this.#agents.reopen())];
    const all = this.#agents.nodes;
    const begun = await onEachNode(all, (me) => {
      const others = all.filter((node) => node !== me);
      const peers = others.map((node) => [node, this.#addresses.get(node), this.#agents.port(node)]);
      return this.#agents.ask(me, { act: "begin", nonce, me, peers });
    });
    const sending = await onEachNode([...begun.found.keys()], (node) =>
      this.#agents.ask(node, { act: "send", ...load }),
    );
    failures.push(...begun.failures, ...sending.failures);
    let nodes = [...sending.found.keys()];
    const deadline = monotonicMs() + load.count * load.gapMs + load.waitMs;
    let before = "";
    let changedMs = monotonicMs();
    for (;;) {
      await sleep(POLL_MS);
      const { found: told, failures: mute } = await onEachNode(
        nodes,
        async (node) => (await this.#agents.ask(node, { act: "tell" })) as Told,
      );
      failures.push(...mute);
      nodes = [...told.keys()];
      const text = JSON.stringify([...told.values()]);
      if (text !== before) changedMs = monotonicMs();
      before = text;
      const isQuiet = monotonicMs() - changedMs > QUIET_MS && [...told.values()].every(({ left }) => left === 0);
      if (isQuiet || monotonicMs() > deadline) return { traffic: asTraffic(nodes, told, load.count), failures };
    }
  }

  async close(): Promise<void> {
    await this.#agents.close();
  }
}

const NOTHING = { distinct: 0, doubles: 0, overtaken: 0, damaged: 0, spanMs: 0 };

function asTraffic(nodes: readonly string[], told: ReadonlyMap<string, Told>, sent: number): Traffic {
  const rows = nodes.map((from) => {
    const row = nodes.flatMap((to) => {
      if (to === from) return [];
      const arrived = told.get(to)?.told[from] ?? NOTHING;
      const trip = told.get(from)?.trips[to];
      const arrivals: Arrivals = { sent, ...arrived, ...(trip === undefined ? {} : { roundTripMs: round(trip) }) };
      return [[to, { ...arrivals, spanMs: round(arrivals.spanMs) }] as const];
    });
    return [from, Object.fromEntries(row)] as const;
  });
  return Object.fromEntries(rows);
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** Bytes that a load takes on the wire, for one datagram. */
export function wireBytes(load: Load): number {
  return load.bytes + BYTES_OVERHEAD;
}
