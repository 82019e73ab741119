import { z } from "zod";
import { canKill } from "../../src/abilities.ts";
import { monotonicMs, sleep } from "../../src/clock.ts";
import { JepsenError, messageOf } from "../../src/errors.ts";
import { judged, type Measured, skipped } from "../../src/fault-completion.ts";
import { changesMembers, isRefused, type Member, type Members } from "../../src/members.ts";
import type { Completion, Db, Invocation, Nemesis, Test } from "../../src/test.ts";
import { lookAt, nameOf } from "../process/process-table.ts";
import { type Looked, onEachNode } from "../reasons.ts";
import { resolveTargets, targetsSchema } from "../targets.ts";
import { type MergedView, mergeViews, survivesWith, survivesWithout, type Views, voters } from "./views.ts";

/** How long a change may take until a majority sees it. */
const RESOLVE_MS = 15_000;
const HEAL_MS = 40_000;
const PAUSE_MS = 250;

/** What its operation may say. */
export const membershipSchema = targetsSchema.extend({
  /** Also when what is left cannot decide anything any more. */
  unsafe: z.boolean().default(false),
});

/**
 * Takes members out and lets them join again. What counts as the membership is what most members see; a change is
 * pending until they see it. No member is taken out, unless asked for, when the rest could not go on without it.
 */
export class MembershipNemesis implements Nemesis {
  readonly fs = new Set(["remove-member", "add-member", "heal-membership"]);
  readonly #isUnsafe: boolean;
  /** Taken out by this family and not back, with the member that each one was. */
  readonly #out = new Map<string, string>();

  constructor(options: { readonly unsafe: boolean }) {
    this.#isUnsafe = options.unsafe;
  }

  async invoke(test: Test, op: Invocation, signal: AbortSignal): Promise<Completion> {
    if (op.f === "remove-member") return this.#remove(test, op.value, signal);
    return op.f === "add-member" ? this.#add(test, signal) : this.#heal(test, signal);
  }

  async #remove(test: Test, value: unknown, signal: AbortSignal): Promise<Completion> {
    const parsed = membershipSchema.safeParse(value ?? {});
    if (!parsed.success) return skipped(`remove-member cannot be done with ${JSON.stringify(value)}`);
    const targets = await resolveTargets(test, { targets: "one", ...parsed.data });
    if ("none" in targets) return skipped(targets.none);
    const view = mergeViews(await viewsOf(test));
    if (!view) return skipped("no majority of the members agrees on who they are now");
    const node = targets.nodes.find((each) => view.members.some((member) => member.node === each));
    if (node === undefined) return skipped(`${targets.nodes.join(", ")} is no member now`);
    if (!parsed.data.unsafe && !this.#isUnsafe) {
      const minimum = Math.floor(test.nodes.length / 2) + 1;
      if (view.members.length - 1 < minimum) return skipped(`only ${view.members.length} members are left`);
      if (!survivesWithout(view, node)) return skipped(`without ${node} too few members would answer`);
    }
    const via = view.agreeing.find((each) => each !== node);
    if (via === undefined) return skipped("no other member answers");
    const id = idOf(view, node);
    const before = await lookAt(test, node);
    await test.guard(node).note(`The member ${id} on ${node} is taken out of the membership by the fault membership.`);
    this.#out.set(node, id);
    const problems: string[] = [];
    try {
      await members(test).removeMember(test, node, via);
    } catch (error) {
      if (isRefused(error)) {
        this.#out.delete(node);
        await test.guard(node).note(`That was refused: ${node} is a member still.`);
        return skipped(messageOf(error));
      }
      problems.push(messageOf(error));
    }
    const resolved = await resolve(test, signal, (now) => !now.members.some((member) => member.id === id));
    if (!resolved.done) problems.push(`A majority still sees ${node} as a member.`);
    else if (canKill(test.db)) await test.db.kill(test, node); // what was taken out ends anyway; this way it is known why
    const after = await lookAt(test, node);
    for (const process of after.running) problems.push(`${nameOf(process)} still runs on ${node}.`);
    const findings = [
      `${resolved.view?.agreeing.join(", ")} see the members ${names(resolved.view)}; ${before.running.map(nameOf).join(", ") || "what ran"} on ${node} is gone.`,
    ];
    return judged({ nodes: [node], via }, measured(findings, problems, { before: view, after: resolved.view }));
  }

  async #add(test: Test, signal: AbortSignal): Promise<Completion> {
    const nodes = test.nodes.filter((node) => this.#out.has(node));
    if (nodes.length === 0) return skipped("every node is a member");
    const until = mergeViews(await viewsOf(test));
    if (!until) return skipped("no majority of the members agrees on who they are now");
    const back = until.members.filter(({ node }) => nodes.includes(node));
    const problems = back.map(({ node }) => `${node} was a member again although nobody here had added it.`);
    if (!survivesWith(until)) return skipped("too few members answer for another one to join");
    for (const node of nodes) problems.push(...(await this.#join(test, node)));
    const checked = await this.#joined(test, nodes, signal, RESOLVE_MS);
    const details = { before: until, after: checked.details };
    return judged({ nodes }, measured(checked.findings, [...problems, ...checked.problems], details));
  }

  /** The final word: every node is a member with a vote, as soon as other faults let it. */
  async #heal(test: Test, signal: AbortSignal): Promise<Completion> {
    const deadline = monotonicMs() + HEAL_MS;
    for (;;) {
      for (const node of test.nodes.filter((each) => this.#out.has(each))) await this.#join(test, node);
      const checked = await this.#joined(test, test.nodes, signal, 0);
      if (checked.isSettled || monotonicMs() > deadline) return judged(undefined, checked);
      await sleep(PAUSE_MS, signal);
    }
  }

  /** Lets one node join, unless it never left; what went wrong, in sentences. */
  async #join(test: Test, node: string): Promise<readonly string[]> {
    const view = mergeViews(await viewsOf(test));
    const via = view?.agreeing.find((each) => each !== node);
    if (view === undefined || via === undefined) return [`${node}: no member could be asked to let it join.`];
    if (idOf(view, node) === this.#out.get(node)) {
      this.#out.delete(node);
      return [`${node} had not left.`];
    }
    try {
      if (canKill(test.db)) await test.db.kill(test, node); // whatever runs there is no member; this way it is known why it ends
      await members(test).addMember(test, node, via);
      await test.guard(node).note(`${node} has joined the membership again.`);
      this.#out.delete(node);
      return [];
    } catch (error) {
      return [`${node}: ${messageOf(error)}`];
    }
  }

  async #joined(test: Test, nodes: readonly string[], signal: AbortSignal, timeoutMs: number): Promise<Looked> {
    const look = (some: readonly string[]) => onEachNode(some, (node) => lookAt(test, node));
    const reached = [...(await look(nodes)).found.keys()]; // the others are not waited for
    const isIn = (view: MergedView) =>
      reached.every((node) => voters(view).includes(node) && view.agreeing.includes(node));
    const { done, view } = await resolve(test, signal, isIn, timeoutMs);
    const { found: looks, failures } = await look(nodes);
    const idle = nodes.filter((node) => looks.get(node)?.running.length === 0);
    const problems = [...failures, ...idle.map((node) => `No process of the database runs on ${node}.`)];
    if (!done) problems.push(`Members are ${names(view)}, not all of which agree.`);
    const isSettled = problems.length === failures.length;
    const findings = [`${view?.agreeing.join(", ")} see the members ${names(view)}.`];
    return { ...measured(findings, problems, view), isSettled };
  }
}

function members(test: Test): Db & Members {
  if (!changesMembers(test.db)) throw new JepsenError("internal", "The database cannot change its members.");
  return test.db;
}

/** Asks every node whom it takes for the members; one that cannot be asked has no view. */
async function viewsOf(test: Test): Promise<Views> {
  const { found } = await onEachNode(test.nodes, (node) => members(test).memberView(test, node));
  return new Map([...found].filter((entry): entry is [string, readonly Member[]] => entry[1] !== undefined));
}

/** Polls the views until most members see what is waited for. */
async function resolve(test: Test, signal: AbortSignal, isDone: (view: MergedView) => boolean, timeoutMs = RESOLVE_MS) {
  const deadline = monotonicMs() + timeoutMs;
  for (;;) {
    const view = mergeViews(await viewsOf(test));
    const done = view !== undefined && isDone(view);
    if (done || monotonicMs() >= deadline) return { done, view };
    await sleep(PAUSE_MS, signal);
  }
}

function idOf(view: MergedView, node: string): string {
  return view.members.find((member) => member.node === node)?.id ?? "";
}

function names(view: MergedView | undefined): string {
  if (!view) return "unknown";
  return view.members
    .map(({ node, isVoter }) => (isVoter ? node : `${node} (a learner)`))
    .sort()
    .join(", ");
}

function measured(findings: readonly string[], problems: readonly string[], details: unknown): Measured {
  return { findings: problems.length > 0 ? [] : findings, problems, details };
}
