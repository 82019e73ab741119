import { breakableSession } from "./control/breakable-session.ts";
import { healNode, isLost, NodeGuard, nodeHolder } from "./control/node-guard.ts";
import { onAllNodes, onNodes } from "./control/on-nodes.ts";
import { UnreachedNodes } from "./control/unreached-nodes.ts";
import { JepsenError, messageOf } from "./errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { RunPlan } from "./run-plan.ts";
import type { Client, Cluster } from "./test.ts";

const RENEW_PAUSE_MAX_MS = 3_000;
/** Renewals in the time of a lease: one that is late must not let it run out. */
const RENEWALS_PER_LEASE = 4;

/**
 * The nodes that a run has taken, by lock and lease, until it gives them back. A node may be lost meanwhile: the lease
 * ended while this process stood still, and another run took it. Then `lost` is aborted, and nothing is done there any
 * more. One that cannot be reached is left alone until it answers again, from the teardown on for good.
 */
export class HeldNodes {
  readonly #plan: RunPlan;
  readonly #log: (line: string) => void;
  readonly #guards = new Map<string, NodeGuard>();
  readonly #renewing = new Map<string, NodeJS.Timeout>();
  readonly #losing = new AbortController();
  readonly #lost = new Set<string>();
  readonly #unreached: UnreachedNodes;
  /** A control process that stood still for long must not send one more operation before it knows whose nodes they are. */
  readonly #heartbeat: Heartbeat;

  constructor(plan: RunPlan, log: (line: string) => void) {
    this.#plan = plan;
    this.#log = log;
    this.#unreached = new UnreachedNodes(log);
    this.#heartbeat = new Heartbeat((plan.limits.leaseSeconds * 1000) / 2, async () => {
      await this.askWhose();
      this.lost.throwIfAborted();
    });
  }

  /** Aborted when the first node is lost, with what was said of it. */
  get lost(): AbortSignal {
    return this.#losing.signal;
  }

  isLost(node: string): boolean {
    return this.#lost.has(node);
  }

  isReached(node: string): boolean {
    return !this.#unreached.has(node);
  }

  /** From now on, a node that was not reached once is left alone for good. */
  rememberUnreached(): void {
    this.#unreached.remember();
  }

  /** Takes all nodes of the plan; rejects with JepsenError "environment" when another run holds one or left something. */
  async take(): Promise<void> {
    const { cluster, id, limits, healFirst } = this.#plan;
    const control = `pid ${process.pid}`;
    await onAllNodes(cluster.nodes, async (node) => {
      const session = this.#unreached.watched(await cluster.session(node));
      if (healFirst && !(await nodeHolder(session))?.alive) await healNode(session); // a live run's node is refused below
      this.#guards.set(node, await NodeGuard.take(session, id, control, limits.leaseSeconds));
    });
    for (const [node, guard] of this.#guards) this.#keepLease(node, guard);
    this.#heartbeat.start();
  }

  guard(node: string): NodeGuard {
    const guard = this.#guards.get(node);
    if (!guard) throw new JepsenError("internal", `Node ${node} was not taken by this run.`);
    return guard;
  }

  /** Asks all nodes whose they are: a control process that stood still may come back anywhere. */
  async askWhose(): Promise<void> {
    const asked = [...this.#guards.keys()].filter((node) => this.isReached(node));
    await onNodes(asked, (node) =>
      this.guard(node)
        .renew()
        .catch((error: unknown) => {
          if (isLost(error)) this.#lose(node, error);
        }),
    ); // a node that does not answer is told of where something is to be done there
  }

  /** The client, which begins nothing before it is known whose nodes they are. */
  guardedClient(client: Client): Client {
    return this.#heartbeat.guarded(client);
  }

  /** The cluster, which gives no session with a lost node; `breaking` is asked for what breaks a new session. */
  fencedCluster(breaking: () => AbortSignal | undefined): Cluster {
    const { cluster } = this.#plan;
    const session = async (node: string) => {
      if (this.#lost.has(node))
        throw new JepsenError("environment", `Node ${node} no longer belongs to this run.`, { node, lost: true });
      const session = this.#unreached.watched(await cluster.session(node));
      const signal = breaking();
      return signal ? breakableSession(session, signal) : session;
    };
    return new Proxy(cluster, {
      get(target, name) {
        if (name === "session") return session;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  /** Gives the nodes back that are not lost and can be reached. */
  async release(): Promise<void> {
    this.#heartbeat.stop();
    for (const timer of this.#renewing.values()) clearTimeout(timer);
    this.#renewing.clear();
    const ours = [...this.#guards.keys()].filter((node) => !this.isLost(node) && this.isReached(node));
    await onAllNodes(ours, (node) => this.guard(node).release());
  }

  /** What did not happen on the nodes that were out of reach at the end, a sentence each. */
  leftAsTheyWere(): readonly string[] {
    return [...this.#guards].flatMap(([node, { faults }]) => {
      const why = this.#unreached.why(node);
      if (why === undefined) return [];
      const undone =
        faults.length > 0
          ? `What may still be in force there (${faults.join(", ")}) it undoes by itself, if it still runs.`
          : "No fault that could be undone was in force there.";
      return [
        `Node ${node} was out of reach at the end and was left as it was: ${why} ${undone} Its logs were not fetched and its database not torn down then: when it is back, \`jepsen-ts heal\` removes the run's marks there.`,
      ];
    });
  }

  /** Each node's lease by itself: one that answers slowly must not cost the others theirs. */
  #keepLease(node: string, guard: NodeGuard): void {
    const pauseMs = Math.min(RENEW_PAUSE_MAX_MS, (this.#plan.limits.leaseSeconds * 1000) / RENEWALS_PER_LEASE);
    const renew = async () => {
      if (!this.isReached(node)) await this.#unreached.look(await this.#plan.cluster.session(node));
      await guard.renew().catch((error: unknown) => {
        if (!this.#renewing.has(node)) return; // the node was given back meanwhile, and belongs to nobody
        if (isLost(error)) this.#lose(node, error);
        else if (this.isReached(node)) this.#log(`The lease on ${node} could not be renewed: ${messageOf(error)}`);
      });
      if (this.#renewing.has(node)) this.#renewing.set(node, setTimeout(renew, pauseMs));
    };
    this.#renewing.set(node, setTimeout(renew, pauseMs));
  }

  #lose(node: string, error: unknown): void {
    this.#lost.add(node);
    this.#losing.abort(error);
  }
}
