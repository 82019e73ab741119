import type { Generator, GeneratorContext, GeneratorTest, NextStep, OpDraft } from "../test.ts";
import { fillIn, pending } from "./data.ts";
import { nanoseconds } from "./nanoseconds.ts";

/** An operation and when it is due, in seconds after the schedule's beginning. */
export type Due<Draft extends OpDraft = OpDraft> = readonly [seconds: number, op: Draft];

class Schedule implements Generator {
  readonly entries: readonly Due[];
  readonly position: number;
  readonly startNs: number | undefined;

  constructor(entries: readonly Due[], position: number, startNs: number | undefined) {
    this.entries = entries;
    this.position = position;
    this.startNs = startNs;
  }

  next(_test: GeneratorTest, context: GeneratorContext): NextStep {
    const entry = this.entries[this.position];
    if (entry === undefined) return undefined;
    const [seconds, draft] = entry;
    const startNs = this.startNs ?? context.time;
    const dueNs = startNs + nanoseconds(seconds);
    if (dueNs > context.time && this.startNs === undefined) {
      return pending(new Schedule(this.entries, this.position, startNs), dueNs);
    }
    const op = fillIn({ ...draft, time: dueNs }, context);
    if (op === undefined) return pending(new Schedule(this.entries, this.position, startNs));
    return { op, next: new Schedule(this.entries, this.position + 1, startNs) };
  }

  update(): Generator {
    return this;
  }
}

/**
 * Operations at fixed times, in seconds after it is first asked: `schedule([[5, start], [20, stop]])`. They are given in
 * the order of the list; one that is late, because no process was free, is given as soon as one is. Ignores events.
 */
export function schedule<const Draft extends OpDraft>(entries: readonly Due<Draft>[]): Generator<Draft> {
  return new Schedule(entries, 0, undefined) as Generator as Generator<Draft>;
}
