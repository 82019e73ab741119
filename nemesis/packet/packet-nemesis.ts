import { monotonicMs, sleep } from "../../src/clock.ts";
import { requirePrograms } from "../../src/control/exec.ts";
import { onAllNodes, onNodes } from "../../src/control/on-nodes.ts";
import { JepsenError } from "../../src/errors.ts";
import { judged, skipped } from "../../src/fault-completion.ts";
import type { Completion, Invocation, Nemesis, Test } from "../../src/test.ts";
import { Hold } from "../hold.ts";
import { globalAddresses } from "../partition/rules.ts";
import { failuresOf, type Looked } from "../reasons.ts";
import { resolveTargets } from "../targets.ts";
import {
  describePacket,
  type Links,
  linksOf,
  PACKET_KINDS,
  type PacketFault,
  type PacketKind,
  packetSchema,
} from "./behaviour.ts";
import { type Expected, loadFor, packetDoubts, packetFinding } from "./packet-evidence.ts";
import { installLoss, installNetem, netemProblem, removeShaping, UNDO_SCRIPT } from "./shaping.ts";
import { type Traffic, TrafficProbe } from "./traffic.ts";

const MEASUREMENTS_MAX = 3;
const HEAL_MS = 15_000;
const HEAL_PAUSE_MS = 500;

interface Active {
  readonly fault: PacketFault;
  readonly links: Links;
}

/** Which kinds were asked for by name, and what happens when the kernel lacks one. */
export interface PacketOptions {
  readonly asked: readonly PacketKind[] | undefined;
  readonly missing: "refuse" | "skip";
}

/**
 * Spoils packets between nodes, and measures by numbered datagrams in every direction that exactly those are spoilt.
 * netem does it where the kernel has it; loss also works without, by a rule that drops a random share.
 */
export class PacketNemesis implements Nemesis {
  readonly fs = new Set(["start-packet", "stop-packet", "heal-packet"]);
  readonly #options: PacketOptions;
  readonly #hold = new Hold("packet");
  #possible: readonly PacketKind[] = [];
  #hasNetem = false;
  #probe: TrafficProbe | undefined;
  #addresses: ReadonlyMap<string, readonly string[]> = new Map();
  #baseline: Traffic = {};
  #active: Active | undefined;

  constructor(options: PacketOptions) {
    this.#options = options;
  }

  /** Kinds to choose from, once it is set up. */
  get kinds(): readonly PacketKind[] {
    const { asked } = this.#options;
    if (asked) return asked;
    return this.#possible.length > 0 ? this.#possible : PACKET_KINDS;
  }

  async setup(test: Test): Promise<void> {
    const problems = await onAllNodes(test.nodes, async (node) => {
      const session = await test.cluster.session(node);
      const remedy = "install nftables, iproute2 and python3 there";
      await requirePrograms(session, ["nft", "ip", "python3"], "the fault packet", remedy);
      return netemProblem(session);
    });
    const without = test.nodes.filter((node) => problems.get(node) !== undefined);
    this.#hasNetem = without.length === 0;
    this.#possible = this.#hasNetem ? PACKET_KINDS : ["loss"];
    const lacking = this.#options.asked?.filter((kind) => !this.#possible.includes(kind)) ?? [];
    const sentence = `Packet ${lacking.join(", ")} needs netem, which ${without.join(", ")} ${without.length === 1 ? "has" : "have"} not (${problems.get(without[0] ?? "")}): load sch_netem and sch_prio there, ask for --packet loss, or --nemesis-missing skip.`;
    if (lacking.length > 0 && this.#options.missing === "refuse")
      throw new JepsenError("environment", sentence, { nodes: without });
    if (lacking.length > 0) test.log(sentence);
    this.#addresses = await onAllNodes(test.nodes, async (node) => globalAddresses(await test.cluster.session(node)));
    this.#probe = await TrafficProbe.start(test);
    const { traffic, failures } = await this.#probe.measure(loadFor(undefined));
    this.#baseline = traffic;
    const silent = [...failures, ...packetDoubts(traffic, this.#expected(undefined, {}, true))];
    if (silent.length > 0) {
      const told = `Datagrams between nodes do not arrive as they should even without a fault (${silent.slice(0, 3).join(" ")}): packet faults could not be proven.`;
      throw new JepsenError("environment", told, { traffic: this.#baseline });
    }
  }

  async invoke(test: Test, op: Invocation): Promise<Completion> {
    if (op.f === "start-packet") return this.#start(test, op.value);
    return op.f === "stop-packet" ? this.#stop(test) : this.#heal(test);
  }

  async teardown(test: Test): Promise<void> {
    try {
      await this.#hold.undoAll(test, (node) => removeShapingOn(test, node));
    } finally {
      await this.#probe?.close();
    }
  }

  async #start(test: Test, value: unknown): Promise<Completion> {
    if (this.#active) return skipped("a packet fault is in force already");
    const parsed = packetSchema.safeParse(value);
    if (!parsed.success) return skipped(`start-packet cannot be done with ${JSON.stringify(value)}`);
    const fault = parsed.data;
    if (!this.#possible.includes(fault.kind))
      return skipped(`the kernel of a node lacks netem: no packet ${fault.kind}`);
    const links = await chooseLinks(test, fault);
    if (typeof links === "string") return skipped(links);
    this.#active = { fault, links };
    const outcomes = await onNodes(test.nodes, (node) => this.#install(test, node, { fault, links }));
    const failures = failuresOf(outcomes);
    const measured = await this.#measure(fault, links);
    const problems = [...failures, ...measured.problems];
    const asked = { kind: fault.kind, links, description: describePacket(fault) };
    return judged(asked, { ...measured, problems });
  }

  async #stop(test: Test): Promise<Completion> {
    const active = this.#active;
    if (!active) return skipped("no packet fault is in force");
    const before = await this.#measure(active.fault, active.links);
    const lapses = await this.#hold.lapses(test);
    const failures = await this.#remove(test);
    const after = await this.#measure(undefined, {});
    const findings = [
      ...before.findings.map((each) => `Until then ${each}`),
      ...after.findings.map((each) => `Now ${each}`),
    ];
    const problems = [...lapses, ...failures, ...before.problems, ...after.problems];
    const details = { before: before.details, after: after.details };
    return judged({ description: describePacket(active.fault) }, { findings, problems, details });
  }

  /** The final word: every direction is sound, as soon as other faults are undone as well. */
  async #heal(test: Test): Promise<Completion> {
    const failures = await this.#remove(test);
    const deadline = monotonicMs() + HEAL_MS;
    for (;;) {
      const measured = await this.#measure(undefined, {}, true);
      if (measured.isSettled || monotonicMs() > deadline) {
        return judged(undefined, { ...measured, problems: [...failures, ...measured.problems] });
      }
      await sleep(HEAL_PAUSE_MS);
    }
  }

  /** Loss without netem is dropped by the receiver, everything else is done by the sender. */
  async #install(test: Test, node: string, { fault, links }: Active): Promise<void> {
    const senders = Object.keys(links).filter((from) => links[from]?.includes(node));
    const partners = this.#hasNetem ? (links[node] ?? []) : senders;
    const addresses = partners.flatMap((other) => this.#addresses.get(other) ?? []);
    if (addresses.length === 0) return;
    const session = await test.cluster.session(node);
    await this.#hold.begin(test, node, UNDO_SCRIPT);
    if (this.#hasNetem) await installNetem(session, fault, addresses);
    else await installLoss(session, fault.percent, addresses);
  }

  async #remove(test: Test): Promise<readonly string[]> {
    const failures = await this.#hold.undo(test, (node) => removeShapingOn(test, node));
    this.#active = undefined;
    return failures;
  }

  #expected(fault: PacketFault | undefined, links: Links, isAlone: boolean): Expected {
    return { fault, links, load: loadFor(fault), baseline: this.#baseline, isAlone };
  }

  /** Measures again while there are doubts: another fault may have begun or ended in the middle of it. */
  async #measure(fault: PacketFault | undefined, links: Links, isAlone = false): Promise<Looked> {
    if (!this.#probe) throw new JepsenError("internal", "The packet nemesis was not set up.");
    const expected = this.#expected(fault, links, isAlone);
    for (let left = MEASUREMENTS_MAX - 1; ; left--) {
      const { traffic, failures } = await this.#probe.measure(expected.load);
      const doubts = packetDoubts(traffic, expected);
      if (doubts.length > 0 && left > 0) continue;
      const more = doubts.length > 6 ? [`And ${doubts.length - 6} directions more.`] : [];
      const problems = [...failures, ...doubts.slice(0, 6), ...more];
      const among = failures.length > 0 ? ` between ${Object.keys(traffic).join(" ")}` : "";
      const finding = fault ? packetFinding(traffic, fault, links) : `all directions${among} are sound.`;
      return {
        findings: doubts.length > 0 ? [] : [finding],
        problems,
        isSettled: doubts.length === 0,
        details: { links, load: expected.load, traffic },
      };
    }
  }
}

async function removeShapingOn(test: Test, node: string): Promise<void> {
  await removeShaping(await test.cluster.session(node));
}

async function chooseLinks(test: Test, fault: PacketFault): Promise<Links | string> {
  if (!fault.links) {
    const targets = await resolveTargets(test, fault);
    return "none" in targets ? targets.none : linksOf(targets.nodes, test.nodes);
  }
  const named = Object.entries(fault.links).flatMap(([from, to]) => [from, ...to]);
  const unknown = named.find((node) => !test.nodes.includes(node));
  if (unknown !== undefined) return `there is no node ${unknown} in this test`;
  return named.length === 0 ? "these links are none" : fault.links;
}
