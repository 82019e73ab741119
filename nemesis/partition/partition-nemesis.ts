import { knowsPrimaries } from "../../src/abilities.ts";
import { monotonicMs, sleep } from "../../src/clock.ts";
import { requirePrograms } from "../../src/control/exec.ts";
import { onAllNodes, onNodes } from "../../src/control/on-nodes.ts";
import { JepsenError, messageOf } from "../../src/errors.ts";
import { judged, type Measured, skipped } from "../../src/fault-completion.ts";
import { randomStream } from "../../src/random.ts";
import type { Completion, Invocation, Nemesis, Test } from "../../src/test.ts";
import { Hold } from "../hold.ts";
import { failuresOf } from "../reasons.ts";
import { resolveTargets } from "../targets.ts";
import { Flapping, type FlapSightings, flapDoubts, sighted } from "./flapping.ts";
import { describeGrudge, type Grudge, isCut, withoutSelf } from "./grudge.ts";
import { cutOff, drawFlap, type Flap, grudgeOf, isolated, partitionSchema } from "./partition-kinds.ts";
import { type Reachability, ReachabilityProbe } from "./reachability.ts";
import {
  type ControlPath,
  controlPath,
  globalAddresses,
  installDrops,
  removeDrops,
  switchDrops,
  UNDO_SCRIPT,
} from "./rules.ts";

const SAMPLE_PAUSE_MS = 60;

interface Cut {
  readonly grudge: Grudge;
  readonly flap: Flap | undefined;
}

/** Cuts nodes from one another with a table of its own, and measures that they are. */
export class PartitionNemesis implements Nemesis {
  readonly fs = new Set(["start-partition", "stop-partition", "heal-partition"]);
  readonly #hold = new Hold("partition");
  #probe: ReachabilityProbe | undefined;
  #addresses: ReadonlyMap<string, readonly string[]> = new Map();
  #paths: readonly ControlPath[] = [];
  #active: Cut | undefined;
  #flapping: Flapping | undefined;

  async setup(test: Test): Promise<void> {
    const paths = await onAllNodes(test.nodes, async (node) => {
      const session = await test.cluster.session(node);
      const remedy = "install nftables, iproute2 and python3 there";
      await requirePrograms(session, ["nft", "ip", "python3"], "the fault partition", remedy);
      return controlPath(session);
    });
    this.#paths = [...paths.values()].filter((path) => path !== undefined);
    this.#addresses = await onAllNodes(test.nodes, async (node) => globalAddresses(await test.cluster.session(node)));
    this.#probe = await ReachabilityProbe.start(test);
    const { matrix, failures } = await this.#probe.measure(() => true);
    const silent = [...failures, ...wrongPairs(matrix, {})];
    if (silent.length === 0) return;
    const sentence = `Datagrams between nodes do not arrive even without a fault (${silent.slice(0, 5).join(", ")}): partitions could not be proven. Let the nodes exchange UDP.`;
    throw new JepsenError("environment", sentence, { matrix });
  }

  async invoke(test: Test, op: Invocation): Promise<Completion> {
    if (op.f === "start-partition") return this.#start(test, op);
    return op.f === "stop-partition" ? this.#stop(test) : this.#heal(test);
  }

  async teardown(test: Test): Promise<void> {
    try {
      await this.#flapping?.stop();
      await this.#hold.undoAll(test, (node) => removeDropsOn(test, node));
    } finally {
      await this.#probe?.close();
    }
  }

  async #start(test: Test, op: Invocation): Promise<Completion> {
    if (this.#active) return skipped("a partition is in force already");
    const { data: asked } = partitionSchema.safeParse(op.value ?? {});
    if (!asked) return skipped(`start-partition cannot be done with ${JSON.stringify(op.value)}`);
    const random = randomStream(test.seed, "partition", op.index); // for a script's `{ "kind": "halves" }`
    const grudge = await grudgeFor(test, asked, random);
    if (typeof grudge === "string") return skipped(grudge);
    const dropping = test.nodes.filter((node) => (grudge[node]?.length ?? 0) > 0);
    if (dropping.length === 0) return skipped("this grudge cuts nobody");
    const flap = asked.flap ?? (asked.kind === "flapping" ? drawFlap(random) : undefined);
    this.#active = { grudge, flap };
    const outcomes = await onNodes(dropping, async (node) => {
      await this.#hold.begin(test, node, UNDO_SCRIPT);
      await installDrops(await test.cluster.session(node), this.#droppedBy(grudge, node), this.#paths);
    });
    if (flap) {
      this.#flapping = new Flapping(flap, async (isDown) => {
        await onAllNodes(dropping, async (node) =>
          switchDrops(await test.cluster.session(node), this.#droppedBy(grudge, node), isDown),
        );
      });
    }
    const measured = await this.#measure({ grudge, flap });
    const description = `${describeGrudge(grudge, test.nodes)}${flap ? ", flapping" : ""}`;
    const value = { kind: asked.kind, grudge, description, ...(flap ? { flap } : {}) };
    const findings = measured.findings.map((each) => `${each} ${description}.`);
    return judged(value, { ...measured, findings, problems: [...failuresOf(outcomes), ...measured.problems] });
  }

  async #stop(test: Test): Promise<Completion> {
    const active = this.#active;
    if (!active) return skipped("no partition is in force");
    const description = `${describeGrudge(active.grudge, test.nodes)}${active.flap ? ", flapping" : ""}`;
    const before = await this.#measure(active);
    const lapses = await this.#hold.lapses(test);
    const failures = await this.#remove(test);
    const after = await this.#measure({ grudge: {}, flap: undefined });
    const findings = [
      ...before.findings.map((each) => `Before: ${each} ${description} until the end.`),
      ...after.findings.map((each) => `After: ${each} every node hears every other.`),
    ];
    const problems = [
      ...before.problems.map((each) => `Before: ${each}`),
      ...after.problems.map((each) => `After: ${each}`),
      ...lapses,
      ...failures,
    ];
    const details = { before: before.details, ...(after.details as object) };
    return judged({ description }, { findings, problems, details });
  }

  /** The final word: whatever was left is removed, and every pair is heard again. */
  async #heal(test: Test): Promise<Completion> {
    const failures = await this.#remove(test);
    const measured = await this.#measure({ grudge: {}, flap: undefined });
    return judged(undefined, {
      ...measured,
      findings: measured.findings.map((each) => `${each} every node hears every other.`),
      problems: [...failures, ...measured.problems],
    });
  }

  /** Returns where it could not be undone, and why the links had stopped flapping before, if they had. */
  async #remove(test: Test): Promise<readonly string[]> {
    const failure = await this.#flapping?.stop();
    this.#flapping = undefined;
    const failures = await this.#hold.undo(test, (node) => removeDropsOn(test, node));
    this.#active = undefined;
    return [...failures, ...(failure ? [failure] : [])];
  }

  #droppedBy(grudge: Grudge, node: string): readonly string[] {
    return (grudge[node] ?? []).flatMap((other) => this.#addresses.get(other) ?? []);
  }

  async #measure({ grudge, flap }: Cut): Promise<Measured> {
    const probe = this.#probe;
    if (!probe) throw new JepsenError("internal", "The partition nemesis was not set up.");
    try {
      if (flap) return await measureFlapping(probe, grudge, flap);
      const { matrix, failures } = await probe.measure((from, to) => !isCut(grudge, from, to));
      return measured(Object.keys(matrix), wrongPairs(matrix, grudge), { grudge, reachability: matrix }, failures);
    } catch (error) {
      return { findings: [], problems: [`It could not be measured: ${messageOf(error)}`], details: { grudge } };
    }
  }
}

async function removeDropsOn(test: Test, node: string): Promise<void> {
  await removeDrops(await test.cluster.session(node));
}

/** Looks at all directions again and again, until each that flaps was seen both ways, for three rounds at most. */
async function measureFlapping(probe: ReachabilityProbe, grudge: Grudge, flap: Flap): Promise<Measured> {
  const deadline = monotonicMs() + 3 * (flap.downMs + flap.upMs);
  let seen: FlapSightings = { samples: 0, silent: {} };
  for (;;) {
    const { matrix, failures } = await probe.measure((from, to) => !isCut(grudge, from, to));
    if (failures.length > 0) return { findings: [], problems: failures, details: { grudge, flap, ...seen } };
    seen = sighted(seen, matrix);
    const doubts = flapDoubts(seen, grudge);
    if (doubts.length > 0 && monotonicMs() < deadline) await sleep(SAMPLE_PAUSE_MS);
    else return measured(Object.keys(seen.silent), doubts, { grudge, flap, ...seen });
  }
}

/** `nodes`: those that could be asked; a sentence for each other one is in `failures`. */
function measured(
  nodes: readonly string[],
  wrong: readonly string[],
  details: unknown,
  failures: readonly string[] = [],
): Measured {
  const count = nodes.length * (nodes.length - 1);
  const which =
    failures.length === 0 ? `all ${count} directions` : `the ${count} directions between ${nodes.join(" ")}`;
  const findings = count > 0 ? [`Measured by datagrams over ${which}:`] : [];
  if (wrong.length === 0) return { findings, problems: failures, details };
  const more = wrong.length > 6 ? ` and ${wrong.length - 6} more` : "";
  return { findings: [], problems: [...failures, `Datagrams say: ${wrong.slice(0, 6).join(", ")}${more}.`], details };
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

/** What is cut now; or why nothing can be. */
async function grudgeFor(
  test: Test,
  asked: ReturnType<typeof partitionSchema.parse>,
  random: ReturnType<typeof randomStream>,
): Promise<Grudge | string> {
  const { grudge, kind, targets, nodes } = asked;
  if (grudge) {
    const unknown = Object.entries(grudge)
      .flatMap(([node, others]) => [node, ...others])
      .find((node) => !test.nodes.includes(node));
    return unknown === undefined ? withoutSelf(grudge) : `there is no node ${unknown} in this test`;
  }
  if (targets !== undefined || nodes) {
    const resolved = await resolveTargets(test, asked);
    return "none" in resolved ? resolved.none : cutOff(resolved.nodes, test.nodes);
  }
  if (kind === "given") return "neither a grudge, nor nodes, nor a kind of partition was given";
  const drawn = grudgeOf(kind, test.nodes, random);
  if (drawn) return drawn;
  const primaries = knowsPrimaries(test.db) ? await test.db.primaries(test) : [];
  return primaries.length > 0 ? isolated(primaries, test.nodes) : "no node says that it is a primary now";
}
