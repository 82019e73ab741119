import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, Op, Process } from "../test.ts";
import { ask, pending, tell } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

class UntilOk extends Wrapper {
  /** Processes that are at work on one of its operations. */
  readonly active: ReadonlySet<Process>;

  constructor(active: ReadonlySet<Process>, inner: GeneratorLike) {
    super(inner);
    this.active = active;
  }

  protected around(inner: GeneratorLike): UntilOk {
    return new UntilOk(this.active, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    if (step.op === "pending") return pending(this.again(step.next), step.until);
    if (step.op.type !== "invoke") return { op: step.op, next: this.again(step.next) };
    return { op: step.op, next: new UntilOk(new Set(this.active).add(step.op.process), step.next) };
  }

  override update(test: GeneratorTest, context: GeneratorContext, event: Op): GeneratorLike {
    const inner = tell(this.inner, test, context, event);
    if (event.type === "invoke" || !this.active.has(event.process)) return this.again(inner);
    if (event.type === "ok") return undefined;
    const active = new Set(this.active);
    active.delete(event.process);
    return new UntilOk(active, inner);
  }
}

/**
 * Until one of its own operations is ok: `untilOk(repeat({ f: "ping" }))`. Operations that are in flight by then go on
 * to their ends. Ends also when the inner generator does.
 */
export function untilOk<const G extends GeneratorLike>(generator: G): Generator<DraftOf<G>> {
  return new UntilOk(new Set(), generator) as Generator as Generator<DraftOf<G>>;
}
