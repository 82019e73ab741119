import { z } from "zod";
import { hasPorts } from "../../src/abilities.ts";
import { monotonicMs, sleep } from "../../src/clock.ts";
import { requirePrograms } from "../../src/control/exec.ts";
import { onAllNodes, onNodes } from "../../src/control/on-nodes.ts";
import { JepsenError } from "../../src/errors.ts";
import { judged, skipped } from "../../src/fault-completion.ts";
import type { Completion, Invocation, Nemesis, Test } from "../../src/test.ts";
import { Hold } from "../hold.ts";
import { applyNft, NftTable } from "../nft-table.ts";
import { failuresOf, type Looked } from "../reasons.ts";
import { resolveTargets, targetsSchema } from "../targets.ts";
import { type PortCut, portDoubts, tryConnections } from "./connections.ts";

/** Which traffic can be cut, as `--ports` names it. */
export const PORT_KINDS = ["peer", "client"] as const;
export type PortKind = (typeof PORT_KINDS)[number];

const TABLE = new NftTable("jepsen_ts_ports", -145);

const HEAL_MS = 15_000;
const HEAL_PAUSE_MS = 500;
const TRIES = 3;

/** What its operation may say. */
export const portsSchema = targetsSchema.extend({ kind: z.enum(PORT_KINDS) });

/** Drops what comes to these TCP ports, and what comes back from the same ports of others; everything else passes. */
export function portRules(ports: readonly number[]): string {
  const set = `{ ${ports.join(", ")} }`;
  return TABLE.text(["iif lo accept", `tcp dport ${set} counter drop`, `tcp sport ${set} counter drop`]);
}

/** Ports as a sentence tells them: "3300, 6801 to 6811". */
export function portList(ports: readonly number[]): string {
  const spans: [number, number][] = [];
  for (const port of [...ports].sort((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last && port === last[1] + 1) last[1] = port;
    else spans.push([port, port]);
  }
  return spans.map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`)).join(", ");
}

/** Cuts only one purpose's traffic of some nodes: peers cannot talk, or clients cannot, while the rest of the network is whole. */
export class PortsNemesis implements Nemesis {
  readonly fs = new Set(["cut-ports", "open-ports", "heal-ports"]);
  readonly #hold = new Hold("ports");
  #cut: PortCut = {};

  async setup(test: Test): Promise<void> {
    await onAllNodes(test.nodes, async (node) => {
      const remedy = "install nftables and python3 there";
      await requirePrograms(await test.cluster.session(node), ["nft", "python3"], "the fault ports", remedy);
    });
  }

  async invoke(test: Test, op: Invocation): Promise<Completion> {
    if (op.f === "cut-ports") return this.#start(test, op.value);
    return op.f === "open-ports" ? this.#stop(test) : this.#heal(test);
  }

  async teardown(test: Test): Promise<void> {
    await this.#hold.undoAll(test, (node) => openPortsOn(test, node));
  }

  async #start(test: Test, value: unknown): Promise<Completion> {
    if (Object.keys(this.#cut).length > 0) return skipped("ports are cut already");
    const parsed = portsSchema.safeParse(value);
    if (!parsed.success) return skipped(`cut-ports cannot be done with ${JSON.stringify(value)}`);
    const targets = await resolveTargets(test, parsed.data);
    if ("none" in targets) return skipped(targets.none);
    const ports = portsOf(test, parsed.data.kind);
    this.#cut = Object.fromEntries(targets.nodes.map((node) => [node, ports]));
    const outcomes = await onNodes(targets.nodes, async (node) => {
      await this.#hold.begin(test, node, TABLE.undoScript);
      await applyNft(await test.cluster.session(node), portRules(ports));
    });
    const measured = await measure(test, this.#cut, false);
    const problems = [...failuresOf(outcomes), ...measured.problems];
    return judged({ kind: parsed.data.kind, nodes: targets.nodes, ports }, { ...measured, problems });
  }

  async #stop(test: Test): Promise<Completion> {
    const nodes = Object.keys(this.#cut);
    if (nodes.length === 0) return skipped("no ports are cut");
    const before = await measure(test, this.#cut, false);
    const lapses = await this.#hold.lapses(test);
    const failures = await this.#remove(test);
    const after = await measure(test, {}, false);
    const findings = [...before.findings.map((each) => `Until then: ${each}`), ...after.findings];
    const problems = [...lapses, ...failures, ...before.problems, ...after.problems];
    return judged({ nodes }, { findings, problems, details: { before: before.details, after: after.details } });
  }

  /** The final word: every port of the database is reached from everywhere, as soon as other faults let it. */
  async #heal(test: Test): Promise<Completion> {
    const failures = await this.#remove(test);
    const deadline = monotonicMs() + HEAL_MS;
    for (;;) {
      const measured = await measure(test, {}, true);
      if (measured.isSettled || monotonicMs() > deadline) {
        return judged(undefined, { ...measured, problems: [...failures, ...measured.problems] });
      }
      await sleep(HEAL_PAUSE_MS);
    }
  }

  async #remove(test: Test): Promise<readonly string[]> {
    const failures = await this.#hold.undo(test, (node) => openPortsOn(test, node));
    this.#cut = {};
    return failures;
  }
}

async function openPortsOn(test: Test, node: string): Promise<void> {
  await TABLE.remove(await test.cluster.session(node));
}

function portsOf(test: Test, kind?: PortKind): readonly number[] {
  if (!hasPorts(test.db)) throw new JepsenError("internal", "The database does not tell its ports.");
  const { ports } = test.db;
  return kind ? ports[kind] : [...new Set([...ports.peer, ...ports.client])];
}

/** Measures again while there are doubts: another fault may have begun or ended in the middle of it. */
async function measure(test: Test, cut: PortCut, isAlone: boolean): Promise<Looked> {
  for (let left = TRIES - 1; ; left--) {
    const { connections, failures } = await tryConnections(test, portsOf(test), portsOf(test, "client"));
    const doubts = portDoubts(connections, cut, isAlone);
    if (doubts.length > 0 && left > 0) continue;
    const more = doubts.length > 6 ? [`And ${doubts.length - 6} more.`] : [];
    const problems = [...failures, ...doubts.slice(0, 6), ...more];
    const all = Object.entries(cut).map(([node, ports]) => `${portList(ports)} of ${node}`);
    const finding = all.length > 0 ? `cut are the ports ${all.join("; ")}, and no others.` : "Every port is reached.";
    const isSettled = doubts.length === 0;
    const details = { cut, connections };
    return { findings: problems.length > 0 ? [] : [finding], problems, isSettled, details };
  }
}
