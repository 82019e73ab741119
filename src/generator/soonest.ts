import { scramble } from "../random.ts";
import type { GeneratorContext, GeneratorLike, NextStep, PlannedOp, Salted } from "../test.ts";

/** How many salts for random numbers there are. */
export const SALTS = 0x100000000;

/**
 * Picks the soonest of several answers. Ties go to one at random, in proportion to weights: each rival draws an
 * exponential waiting time from the salt and its number, and the shortest wins. So one draw of the salt serves, however
 * many rivals there are and in whatever order they answer. The salt is drawn when a tie or a fork
 * first needs it, which beside faults that wait is never.
 */
export class Soonest implements Salted {
  /** The winner so far, -1 when nobody offered an operation. */
  winner = -1;
  op: PlannedOp | undefined;
  next: GeneratorLike;
  /** Whether anybody answered "pending", and until when at the latest. */
  pending = false;
  until: number | undefined;
  private readonly context: GeneratorContext;
  private drawn = -1;
  private rank = 0;
  private weight = 1;

  constructor(context: GeneratorContext) {
    this.context = context;
  }

  get salt(): number {
    if (this.drawn === -1) this.drawn = this.context.random.int(SALTS);
    return this.drawn;
  }

  /** Takes note of an answer; undefined answers are none of its business. */
  consider(rival: number, weight: number, step: Exclude<NextStep, undefined>): void {
    if (step.op === "pending") {
      this.pending = true;
      if (step.until !== undefined && !(this.until !== undefined && this.until <= step.until)) this.until = step.until;
      return;
    }
    const held = this.op;
    if (held !== undefined) {
      if (step.op.time > held.time) return;
      if (step.op.time === held.time) {
        if (this.rank === 0) this.rank = this.wait(this.winner) / this.weight;
        const rank = this.wait(rival) / weight;
        if (rank >= this.rank) return;
        this.rank = rank;
      } else this.rank = 0;
    }
    this.winner = rival;
    this.weight = weight;
    this.op = step.op;
    this.next = step.next;
  }

  private wait(rival: number): number {
    const word = scramble(scramble(this.salt ^ Math.imul(rival + 1, 0x9e3779b1)));
    return -Math.log(((word >>> 0) + 1) / 0x100000001);
  }
}
