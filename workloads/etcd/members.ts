import { monotonicMs, sleep } from "../../src/clock.ts";
import { JepsenError } from "../../src/errors.ts";
import { isRefused, type Member } from "../../src/members.ts";
import type { Test } from "../../src/test.ts";
import { answerError } from "./errors.ts";
import type { GatewayAnswer } from "./http.ts";

const PROMOTE_TIMEOUT_MS = 20_000;
const PROMOTE_PAUSE_MS = 200;
/** An election takes one to two seconds, and another try may follow. */
const LEADER_TIMEOUT_MS = 5_000;
const LEADER_PAUSE_MS = 100;
/** etcd's gRPC code for a request that it does not understand. */
const INVALID_ARGUMENT = 3;

interface MemberRecord {
  readonly ID: string;
  readonly name?: string;
  readonly peerURLs?: readonly string[];
  readonly isLearner?: boolean;
}

/** What etcd answers before it proposes a change to anybody, by the beginning of the message. */
const REFUSALS = [
  "etcdserver: unhealthy cluster",
  "etcdserver: re-configuration failed due to not enough started members",
  "etcdserver: member not found",
  "etcdserver: Peer URLs already exists",
  "etcdserver: too many learner members in cluster",
  "etcdserver: can only promote a learner member",
] as const;

/** How to reach members: one POST to the gateway of a node; rejects when it does not answer. */
export interface MemberRequests {
  post(test: Test, node: string, path: string, request: object): Promise<GatewayAnswer>;
  peerUrl(test: Test, node: string): string;
}

/** The membership of an etcd cluster, and what a node that joins must be started with. */
export class EtcdMembers {
  readonly #requests: MemberRequests;
  readonly #removed = new Set<string>();
  /** `--initial-cluster` of nodes that joined a running cluster. */
  readonly #joined = new Map<string, string>();

  constructor(requests: MemberRequests) {
    this.#requests = requests;
  }

  /** Before a node is set up anew. */
  forget(node: string): void {
    this.#removed.delete(node);
    this.#joined.delete(node);
  }

  /** Rejects a start of a node that was taken out: it would end at once, or found a cluster of its own. */
  assertMember(node: string): void {
    if (!this.#removed.has(node)) return;
    throw new JepsenError("remote", `etcd on ${node} is no member now: it is not started before it has joined again.`, {
      node,
    });
  }

  /** The flags that tell a new member about the others; they count only while it has no data. */
  clusterFlags(test: Test, node: string): readonly string[] {
    const joined = this.#joined.get(node);
    const all = test.nodes.map((name) => `${name}=${this.#requests.peerUrl(test, name)}`).join(",");
    return ["--initial-cluster", joined ?? all, "--initial-cluster-state", joined === undefined ? "new" : "existing"];
  }

  /** The node's own list. Members that never started have no name yet: their peer address tells who they are. */
  async view(test: Test, node: string): Promise<readonly Member[] | undefined> {
    let list: readonly MemberRecord[];
    try {
      list = await this.#list(test, node);
    } catch {
      return undefined; // it does not answer: it has no view
    }
    return list.map((member) => ({
      id: member.ID,
      node: this.#nodeOf(test, member),
      isVoter: member.isLearner !== true,
    }));
  }

  async remove(test: Test, node: string, via: string): Promise<void> {
    const found = (await this.#list(test, via)).find((member) => this.#nodeOf(test, member) === node);
    if (!found) throw new JepsenError("remote", `${via} knows no member on ${node}.`, { node, via, refused: true });
    this.#removed.add(node);
    try {
      await this.#change(test, via, "remove", { ID: found.ID });
    } catch (error) {
      if (isRefused(error)) this.#removed.delete(node);
      throw error;
    }
  }

  /** Announces the node as a learner, and returns the id of the new member. `start` starts it, with its data wiped. */
  async add(test: Test, node: string, via: string, start: () => Promise<void>): Promise<void> {
    const peerUrl = this.#requests.peerUrl(test, node);
    const stale = (await this.#list(test, via)).filter((member) => member.peerURLs?.includes(peerUrl));
    for (const member of stale) await this.#change(test, via, "remove", { ID: member.ID });
    await this.#awaitLeader(test, via);
    const answer = await this.#change(test, via, "add", { peerURLs: [peerUrl], isLearner: true });
    const { member, members } = answer as { member: MemberRecord; members: readonly MemberRecord[] };
    const others = members.filter(({ ID, name }) => ID !== member.ID && name);
    const urls = others.map(({ name, peerURLs }) => `${name}=${peerURLs?.[0]}`);
    this.#joined.set(node, [...urls, `${node}=${peerUrl}`].join(","));
    this.#removed.delete(node);
    await start();
    await this.#promote(test, member.ID, node, via);
  }

  /**
   * Waits, not for ever, until the node follows a leader that is a member. When the leader is taken out, the others send
   * it what shall be changed until they notice that it is gone, and nobody ever answers that.
   */
  async #awaitLeader(test: Test, via: string): Promise<void> {
    const deadline = monotonicMs() + LEADER_TIMEOUT_MS;
    for (;;) {
      const { body } = await this.#requests.post(test, via, "/v3/maintenance/status", {});
      const { leader } = (body ?? {}) as { leader?: string };
      if ((await this.#list(test, via)).some(({ ID }) => ID === leader) || monotonicMs() > deadline) return;
      await sleep(LEADER_PAUSE_MS);
    }
  }

  async #promote(test: Test, id: string, node: string, via: string): Promise<void> {
    const deadline = monotonicMs() + PROMOTE_TIMEOUT_MS;
    for (;;) {
      try {
        await this.#change(test, via, "promote", { ID: id });
        return;
      } catch (error) {
        // until it has caught up; the last attempt's reason is the one that is told
        if (monotonicMs() > deadline)
          throw new JepsenError(
            "timeout",
            `The learner on ${node} could not be given a vote in time.`,
            { node },
            error,
          );
      }
      await sleep(PROMOTE_PAUSE_MS);
    }
  }

  #nodeOf(test: Test, { name, peerURLs }: MemberRecord): string {
    return name || (test.nodes.find((node) => peerURLs?.includes(this.#requests.peerUrl(test, node))) ?? "");
  }

  /** As the node itself knows it: since 3.5 this must be asked for, 3.4 does not know the question. */
  async #list(test: Test, node: string): Promise<readonly MemberRecord[]> {
    const path = "/v3/cluster/member/list";
    let answer = await this.#requests.post(test, node, path, { linearizable: false });
    const { code } = (answer.body ?? {}) as { code?: number };
    if (answer.status !== 200 && code === INVALID_ARGUMENT) answer = await this.#requests.post(test, node, path, {});
    const error = answerError(answer);
    if (error) throw new JepsenError("remote", `etcd on ${node} does not list its members: ${error.message}`, { node });
    return (answer.body as { members?: readonly MemberRecord[] }).members ?? [];
  }

  async #change(test: Test, via: string, what: "add" | "remove" | "promote", request: object): Promise<unknown> {
    const answer = await this.#requests.post(test, via, `/v3/cluster/member/${what}`, request);
    const error = answerError(answer);
    if (!error) return answer.body;
    const { message } = error;
    const refused = error.definite || REFUSALS.some((text) => message?.startsWith(text));
    throw new JepsenError("remote", `etcd on ${via} answered to member ${what}: ${message}.`, { node: via, refused });
  }
}
