import type { GeneratorContext, GeneratorLike, NextStep, PlannedOp, Salted, Thread } from "../test.ts";
import { isClientThread } from "./on-threads.ts";
import { Soonest } from "./soonest.ts";

/** Disjoint groups of a context's threads that have a generator each, during one ask. */
export interface Groups {
  readonly count: number;
  groupOf(thread: Thread): number;
  /** Whether the group has nothing to give any more. */
  hasEnded(group: number): boolean;
  /** Whether any of its threads is free. */
  isFree(group: number): boolean;
  /**
   * Asks the group's generator with random numbers that no other group has, for which it may take the salt of this ask.
   * Keeps what must be kept when it is pending or exhausted.
   */
  ask(group: number, salted: Salted): NextStep;
}

/** The answer of one group, "pending" for all, or undefined when all have ended. */
export type GroupStep =
  | undefined
  | { readonly op: "pending"; readonly until: number | undefined }
  | { readonly op: PlannedOp; readonly next: GeneratorLike; readonly group: number };

/**
 * The soonest operation of all groups with a free thread. The first group asked is that of a free thread chosen at
 * random, the others follow in a circle, and the first operation that can begin now ends the search: of a thousand
 * groups, few are asked. Groups whose threads are all busy are not asked.
 */
export function askGroups(groups: Groups, context: GeneratorContext): GroupStep {
  const process = context.someFreeProcess();
  const first = process === undefined ? 0 : groups.groupOf(context.threadOf(process) as Thread);
  const soonest = new Soonest(context);
  let isBusy = false;
  for (let i = 0; i < groups.count; i++) {
    const group = (first + i) % groups.count;
    if (groups.hasEnded(group)) continue;
    if (process === undefined) return { op: "pending", until: undefined };
    if (!groups.isFree(group)) {
      isBusy = true;
      continue;
    }
    const step = groups.ask(group, soonest);
    if (step === undefined) continue;
    if (step.op !== "pending" && step.op.time <= context.time) return { op: step.op, next: step.next, group };
    soonest.consider(group, 1, step);
  }
  if (soonest.op !== undefined) return { op: soonest.op, next: soonest.next, group: soonest.winner };
  return isBusy || soonest.pending ? { op: "pending", until: soonest.until } : undefined;
}

const positions = new WeakMap<readonly Thread[], ReadonlyMap<Thread, number>>();

/** The place of a thread among a context's threads. */
export function positionOf(thread: Thread, threads: readonly Thread[]): number {
  if (isClientThread(thread) && threads[thread] === thread) return thread;
  let known = positions.get(threads);
  if (known === undefined) {
    known = new Map(threads.map((each, i) => [each, i]));
    positions.set(threads, known);
  }
  return known.get(thread) as number;
}
