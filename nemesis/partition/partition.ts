import { knowsPrimaries } from "../../src/abilities.ts";
import { missingPrograms } from "../../src/control/exec.ts";
import { onAllNodes } from "../../src/control/on-nodes.ts";
import { JepsenError, messageOf } from "../../src/errors.ts";
import type {
  Completion,
  Evidence,
  GeneratorLike,
  Invocation,
  Nemesis,
  NemesisPackage,
  Random,
  Test,
} from "../../src/test.ts";
import { type FaultContext, type FaultFamily, rhythm } from "../family.ts";
import {
  bisect,
  bridge,
  completeGrudge,
  describeGrudge,
  type Grudge,
  isCut,
  majoritiesRing,
  oneWay,
} from "./grudge.ts";
import { type Reachability, ReachabilityProbe } from "./reachability.ts";
import { globalAddresses, installDrops, removeDrops, UNDO_SCRIPT } from "./rules.ts";

/** Which partitions `--partition` can name. */
export const PARTITION_KINDS = [
  "halves",
  "one",
  "minority",
  "majorities-ring",
  "bridge",
  "one-way",
  "primaries",
] as const;
export type PartitionKind = (typeof PARTITION_KINDS)[number];

/** The value of a `start-partition`: a grudge, or a kind that is resolved when it starts. */
export type PartitionValue = { readonly kind: PartitionKind | "given"; readonly grudge?: Grudge };

const FAULT = "partition";

/** A grudge of this kind; undefined for kinds that depend on the database's state. */
export function grudgeOf(kind: PartitionKind, nodes: readonly string[], random: Random): Grudge | undefined {
  const shuffled = random.shuffle(nodes);
  switch (kind) {
    case "halves":
      return completeGrudge(bisect(shuffled));
    case "one":
      return completeGrudge([shuffled.slice(0, 1), shuffled.slice(1)]);
    case "minority": {
      const size = 1 + random.int(Math.max(1, Math.ceil(nodes.length / 2) - 1));
      return completeGrudge([shuffled.slice(0, size), shuffled.slice(size)]);
    }
    case "majorities-ring":
      return majoritiesRing(nodes, random);
    case "bridge":
      return bridge(shuffled);
    case "one-way": {
      // one node is not heard by the others any more, or does not hear them
      const [alone, others] = [shuffled.slice(0, 1), shuffled.slice(1)];
      return random.bool() ? oneWay(alone, others) : oneWay(others, alone);
    }
    case "primaries":
      return undefined;
  }
}

interface ActiveCut {
  readonly grudge: Grudge;
  /** How often each node's lease had run out when the cut began. */
  readonly expiries: ReadonlyMap<string, number>;
}

/** Cuts nodes from one another with a table of its own, and measures that they are. */
class PartitionNemesis implements Nemesis {
  readonly fs = new Set(["start-partition", "stop-partition", "heal-partition"]);
  #probe: ReachabilityProbe | undefined;
  #addresses: ReadonlyMap<string, readonly string[]> = new Map();
  #active: ActiveCut | undefined;

  async setup(test: Test): Promise<void> {
    this.#addresses = await onAllNodes(test.nodes, async (node) => {
      const session = await test.cluster.session(node);
      const missing = await missingPrograms(session, ["nft", "ip", "python3"]);
      if (missing.length > 0) {
        const sentence = `Node ${node} lacks ${missing.join(" and ")}, which the partition fault needs: install nftables, iproute2 and python3 there.`;
        throw new JepsenError("environment", sentence, { node, missing });
      }
      return globalAddresses(session);
    });
    this.#probe = await ReachabilityProbe.start(test);
    const matrix = await this.#probe.measure(() => true);
    const silent = wrongPairs(matrix, {});
    if (silent.length > 0) {
      const sentence = `Datagrams between nodes do not arrive even without a fault (${silent.slice(0, 5).join(", ")}): partitions could not be proven. Let the nodes exchange UDP.`;
      throw new JepsenError("environment", sentence, { matrix });
    }
  }

  async invoke(test: Test, op: Invocation): Promise<Completion> {
    switch (op.f) {
      case "start-partition":
        return this.#start(test, op.value as PartitionValue);
      case "stop-partition":
        return this.#stop(test);
      default:
        return this.#heal(test);
    }
  }

  async teardown(test: Test): Promise<void> {
    try {
      await this.#remove(test);
    } finally {
      await this.#probe?.close();
    }
  }

  async #start(test: Test, wanted: PartitionValue): Promise<Completion> {
    if (this.#active) return skipped("a partition is in force already");
    const grudge = wanted.grudge ?? (await primariesGrudge(test));
    if (!grudge) return skipped("no node says that it is a primary now");
    const dropping = test.nodes.filter((node) => (grudge[node]?.length ?? 0) > 0);
    if (dropping.length === 0) return skipped("this grudge cuts nobody");
    const expiries = await onAllNodes(test.nodes, async (node) => {
      const count = await test.guard(node).renew();
      if (dropping.includes(node)) await test.guard(node).register(FAULT, UNDO_SCRIPT);
      return count;
    });
    this.#active = { grudge, expiries };
    await onAllNodes(dropping, async (node) => {
      const addresses = (grudge[node] ?? []).flatMap((other) => this.#addresses.get(other) ?? []);
      await installDrops(await test.cluster.session(node), addresses);
    });
    const description = describeGrudge(grudge, test.nodes);
    const evidence = await this.#evidence(grudge, description);
    return { type: evidence.proven ? "ok" : "info", value: { kind: wanted.kind, grudge, description }, evidence };
  }

  async #stop(test: Test): Promise<Completion> {
    const active = this.#active;
    if (!active) return skipped("no partition is in force");
    const description = describeGrudge(active.grudge, test.nodes);
    const before = await this.#evidence(active.grudge, `${description} until the end`);
    const expired = await this.#expired(test, active);
    await this.#remove(test);
    const after = await this.#evidence({}, "every node hears every other");
    const proven = before.proven && after.proven && expired.length === 0;
    const lease =
      expired.length > 0 ? ` The lease on ${expired.join(", ")} had run out: the cut was undone meanwhile.` : "";
    const summary = `Before: ${before.summary} After: ${after.summary}${lease}`;
    const evidence: Evidence = { proven, summary, details: { before: before.details, ...(after.details as object) } };
    return { type: proven ? "ok" : "info", value: { description }, evidence };
  }

  /** The final word: whatever was left is removed, and every pair is heard again. */
  async #heal(test: Test): Promise<Completion> {
    await this.#remove(test);
    const evidence = await this.#evidence({}, "every node hears every other");
    return { type: evidence.proven ? "ok" : "info", evidence };
  }

  async #remove(test: Test): Promise<void> {
    await onAllNodes(test.nodes, async (node) => {
      await removeDrops(await test.cluster.session(node));
      await test.guard(node).unregister(FAULT);
    });
    this.#active = undefined;
  }

  async #expired(test: Test, active: ActiveCut): Promise<readonly string[]> {
    const now = await onAllNodes(test.nodes, (node) => test.guard(node).renew());
    return test.nodes.filter((node) => now.get(node) !== active.expiries.get(node));
  }

  async #evidence(grudge: Grudge, expectation: string): Promise<Evidence> {
    if (!this.#probe) throw new JepsenError("internal", "The partition nemesis was not set up.");
    let matrix: Reachability;
    try {
      matrix = await this.#probe.measure((from, to) => !isCut(grudge, from, to));
    } catch (error) {
      return { proven: false, summary: `It could not be measured: ${messageOf(error)}`, details: { grudge } };
    }
    const wrong = wrongPairs(matrix, grudge);
    const pairs = Object.keys(matrix).length * (Object.keys(matrix).length - 1);
    const summary =
      wrong.length === 0
        ? `Measured by datagrams over all ${pairs} directions: ${expectation}.`
        : `Expected was: ${expectation}. But ${wrong.slice(0, 6).join(", ")}${wrong.length > 6 ? ` and ${wrong.length - 6} more` : ""}.`;
    return { proven: wrong.length === 0, summary, details: { grudge, reachability: matrix } };
  }
}

function skipped(reason: string): Completion {
  return { type: "fail", error: { code: "skipped", message: reason } };
}

/** Directions that are not as the grudge says, in words. */
function wrongPairs(matrix: Reachability, grudge: Grudge): readonly string[] {
  const nodes = Object.keys(matrix);
  return nodes.flatMap((from) =>
    nodes
      .filter((to) => to !== from && matrix[from]?.[to] === isCut(grudge, from, to))
      .map((to) => (matrix[from]?.[to] ? `${to} still hears ${from}` : `${to} does not hear ${from}`)),
  );
}

async function primariesGrudge(test: Test): Promise<Grudge | undefined> {
  if (!knowsPrimaries(test.db)) return undefined;
  const primaries = await test.db.primaries(test);
  const alone = primaries.slice(0, Math.max(1, Math.ceil(test.nodes.length / 2) - 1));
  if (alone.length === 0) return undefined;
  return completeGrudge([...alone.map((node) => [node]), test.nodes.filter((node) => !alone.includes(node))]);
}

/** Kinds that make sense for so many nodes and this database. */
function possibleKinds(context: FaultContext): readonly PartitionKind[] {
  const count = context.nodes.length;
  return PARTITION_KINDS.filter((kind) => {
    if (kind === "primaries") return knowsPrimaries(context.db);
    return kind === "majorities-ring" || kind === "bridge" ? count >= 4 : true;
  });
}

/** Network partitions between nodes. */
export const partitionFamily: FaultFamily = {
  name: "partition",
  summary: "cuts nodes from one another (halves, one, minority, majorities-ring, bridge, one-way, primaries)",
  cannot: ({ nodes }) => (nodes.length < 2 ? "A partition needs at least two nodes." : undefined),
  make(context): NemesisPackage {
    const asked = context.options.partition as readonly PartitionKind[] | undefined;
    const kinds = asked ?? possibleKinds(context);
    const start: GeneratorLike = (test, { random }) => {
      const kind = random.pick(kinds);
      const grudge = grudgeOf(kind, test.nodes, random);
      return { f: "start-partition", value: grudge ? { kind, grudge } : { kind } };
    };
    return {
      name: "partition",
      nemesis: new PartitionNemesis(),
      generator: rhythm(context.intervalMs, [start, { f: "stop-partition" }]),
      finalGenerator: [{ f: "stop-partition" }, { f: "heal-partition" }],
      bands: [{ family: "partition", start: ["start-partition"], stop: ["stop-partition", "heal-partition"] }],
    };
  },
};
