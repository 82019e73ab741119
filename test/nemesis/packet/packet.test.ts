import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  drawPacket,
  type Links,
  linksOf,
  netemArguments,
  PACKET_KINDS,
  type PacketKind,
  packetSchema,
} from "../../../nemesis/packet/behaviour.ts";
import { packetFamily } from "../../../nemesis/packet/packet.ts";
import { type Expected, loadFor, packetDoubts, packetFinding } from "../../../nemesis/packet/packet-evidence.ts";
import { filterArguments, lossRules } from "../../../nemesis/packet/shaping.ts";
import type { Arrivals, Traffic } from "../../../nemesis/packet/traffic.ts";
import { randomStream } from "../../../src/random.ts";

const NODES = ["n1", "n2", "n3"];
const SOUND: Arrivals = {
  sent: 200,
  distinct: 200,
  doubles: 0,
  overtaken: 0,
  damaged: 0,
  spanMs: 300,
  roundTripMs: 0.4,
};
const LINKS: Links = { n1: ["n2"], n2: ["n1"] };

/** Every direction sound, but the spoilt ones so. */
function traffic(spoilt: Partial<Arrivals>, links: Links = LINKS, others: Partial<Arrivals> = {}): Traffic {
  const cell = (from: string, to: string) => ({ ...SOUND, ...(links[from]?.includes(to) ? spoilt : others) });
  return Object.fromEntries(
    NODES.map((from) => [
      from,
      Object.fromEntries(NODES.filter((to) => to !== from).map((to) => [to, cell(from, to)])),
    ]),
  );
}

function expected(kind: PacketKind | undefined, more: Partial<Expected> = {}): Expected {
  const fault = kind && packetSchema.parse({ kind });
  return { fault, links: kind ? LINKS : {}, load: loadFor(fault), baseline: traffic({}), isAlone: true, ...more };
}

/** What each kind looks like where it works, and where it does not quite. */
const EFFECTS: readonly (readonly [PacketKind, Partial<Arrivals>, Partial<Arrivals>])[] = [
  ["loss", { distinct: 158 }, { distinct: 199 }],
  ["duplicate", { doubles: 43 }, { doubles: 1 }],
  ["reorder", { overtaken: 90 }, { overtaken: 3 }],
  ["corrupt", { damaged: 36, distinct: 160 }, { damaged: 0, distinct: 160 }],
  ["delay", { roundTripMs: 101 }, { roundTripMs: 40 }],
  ["rate", { sent: 60, distinct: 60, spanMs: 590 }, { sent: 60, distinct: 60, spanMs: 5 }],
];

describe("the evidence of packet faults", () => {
  it.each(EFFECTS)("%s: proven when it shows, doubted when it does not", (kind, seen, missed) => {
    expect(packetDoubts(traffic(seen), expected(kind))).toEqual([]);
    expect(packetFinding(traffic(seen), packetSchema.parse({ kind }), LINKS)).toContain("over 2 directions");
    expect(packetDoubts(traffic(missed), expected(kind)).length).toBeGreaterThan(0);
    expect(packetDoubts(traffic({}), expected(kind)).length).toBeGreaterThan(0);
  });

  it.each(EFFECTS.filter(([kind]) => kind !== "rate"))(
    "%s in a direction that should be sound is doubted",
    (_kind, seen) => {
      expect(packetDoubts(traffic({}), expected(undefined))).toEqual([]);
      const doubts = packetDoubts(traffic({}, LINKS, seen), expected(undefined));
      expect(doubts).toHaveLength(4);
      expect(doubts[0]).toMatch(/^n1 to n3: /);
    },
  );

  it("says nothing about directions that another fault has cut, unless it is alone", () => {
    const cut = { distinct: 0, spanMs: 0, overtaken: 0 };
    const lossy = traffic({ distinct: 160 }, LINKS, cut);
    expect(packetDoubts(lossy, expected("loss", { isAlone: false }))).toEqual([]);
    expect(packetDoubts(lossy, expected("loss"))).toHaveLength(4);
    const none = packetDoubts(traffic(cut), expected("loss", { isAlone: false }));
    expect(none).toEqual(["Nothing at all arrives over the directions that were to be spoilt."]);
  });

  it("counts enough datagrams to tell small shares from noise", () => {
    expect(loadFor(packetSchema.parse({ kind: "loss", percent: 5 })).count).toBe(800);
    expect(loadFor(packetSchema.parse({ kind: "loss", percent: 50 })).count).toBe(200);
  });
});

describe("what is installed", () => {
  it("is what tc and nft take", () => {
    const by = (kind: PacketKind) => netemArguments(packetSchema.parse({ kind })).join(" ");
    expect(PACKET_KINDS.map(by)).toEqual([
      "delay 50ms 10ms distribution normal",
      "loss 20%",
      "duplicate 20%",
      "delay 50ms reorder 20%",
      "corrupt 20%",
      "rate 1000kbit",
    ]);
    expect(filterArguments("eth0", "10.0.0.2").join(" ")).toBe(
      "tc filter add dev eth0 parent 7a7a: protocol ip prio 3 u32 match ip dst 10.0.0.2/32 flowid 7a7a:4",
    );
    expect(filterArguments("eth0", "fd00::2").join(" ")).toContain(
      "protocol ipv6 prio 4 u32 match ip6 dst fd00::2/128",
    );
    expect(lossRules(12.5, ["10.0.0.2", "fd00::2"])).toContain(
      "ip saddr { 10.0.0.2 } numgen random mod 10000 < 1250 counter drop",
    );
    expect(lossRules(100, ["10.0.0.2"])).toContain("ip saddr { 10.0.0.2 } counter drop");
  });

  it("touches every direction between the targets and the others", () => {
    expect(linksOf(["n1"], NODES)).toEqual({ n1: ["n2", "n3"], n2: ["n1"], n3: ["n1"] });
    expect(linksOf(NODES, NODES)).toEqual({ n1: ["n2", "n3"], n2: ["n1", "n3"], n3: ["n1", "n2"] });
  });

  it("is drawn within the bounds that a script's values have", () => {
    assert(
      property(integer(), (seed) => {
        for (const kind of PACKET_KINDS)
          expect(packetSchema.safeParse(drawPacket(kind, randomStream(seed))).success).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(packetSchema.safeParse({ kind: "loss", percent: 0 }).success).toBe(false);
  });

  it("needs two nodes and targets that are there", () => {
    const context = { nodes: NODES, db: undefined, options: {}, intervalMs: 1 };
    expect(packetFamily.cannot(context)).toBeUndefined();
    expect(packetFamily.cannot({ ...context, nodes: ["n1"] })).toContain("two nodes");
    expect(packetFamily.cannot({ ...context, options: { packetTargets: ["n7"] } })).toContain('"n7"');
  });
});
