import { JepsenError } from "../errors.ts";
import type {
  Generator,
  GeneratorContext,
  GeneratorLike,
  GeneratorTest,
  NextStep,
  OpDraft,
  PlannedOp,
} from "../test.ts";
import { ask, FRUITLESS_MAX, pending } from "./data.ts";
import { describe } from "./describe.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

type Change = (op: PlannedOp, test: GeneratorTest, context: GeneratorContext) => OpDraft;

class Mapped extends Wrapper {
  readonly change: Change;

  constructor(change: Change, inner: GeneratorLike) {
    super(inner);
    this.change = change;
  }

  protected around(inner: GeneratorLike): Mapped {
    return new Mapped(this.change, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = ask(this.inner, test, context);
    if (step === undefined) return undefined;
    const next = this.again(step.next);
    if (step.op === "pending") return pending(next, step.until);
    if (step.op.type !== "invoke") return { op: step.op, next };
    const changed = this.change(step.op, test, context);
    if (typeof changed !== "object" || changed === null || typeof changed.f !== "string") {
      throw new JepsenError(
        "generator",
        `The function given to map returned ${describe(changed)}, which is no operation: it must return one with an "f".`,
        { op: step.op },
      );
    }
    const { type, time, process } = step.op;
    return { op: { ...changed, type, time: changed.time ?? time, process: changed.process ?? process }, next };
  }
}

/**
 * Every operation changed by a function, which returns a new one: `map((op) => ({ ...op, value: [op.value, 1] }), g)`.
 * Time and process stay what they were where the function leaves them out. `log` and `sleep` pass unchanged.
 * Events are passed on unchanged.
 */
export function map<const G extends GeneratorLike, Draft extends OpDraft>(
  change: (op: PlannedOp<DraftOf<G>>, test: GeneratorTest, context: GeneratorContext) => Draft,
  generator: G,
): Generator<Draft> {
  return new Mapped(change as unknown as Change, generator) as Generator as Generator<Draft>;
}

/**
 * Every `f` by another name: `fMap({ start: "start-partition" }, g)`. A name that the record lacks stays. Events keep
 * the outer names.
 */
export function fMap(names: Readonly<Record<string, string>>, generator: GeneratorLike): Generator {
  return map((op: OpDraft) => {
    const name = op.f === undefined ? undefined : names[op.f];
    return name === undefined ? op : { ...op, f: name };
  }, generator);
}

type Test = (op: PlannedOp) => boolean;

class Filtered extends Wrapper {
  readonly keep: Test;

  constructor(keep: Test, inner: GeneratorLike) {
    super(inner);
    this.keep = keep;
  }

  protected around(inner: GeneratorLike): Filtered {
    return new Filtered(this.keep, inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    let inner = this.inner;
    for (let tries = 0; tries < FRUITLESS_MAX; tries++) {
      const step = ask(inner, test, context);
      if (step === undefined) return undefined;
      if (step.op === "pending") return pending(this.again(step.next), step.until);
      if (step.op.type !== "invoke" || this.keep(step.op)) return { op: step.op, next: this.again(step.next) };
      inner = step.next;
    }
    throw new JepsenError(
      "generator",
      `A filter dropped ${FRUITLESS_MAX} operations in a row: it would never let one pass.`,
    );
  }
}

/**
 * Only the operations that pass: `filter((op) => op.f === "read", g)`. Dropped operations take no time and no process.
 * `log` and `sleep` always pass. Dropping everything of an endless generator is an error, not a hang.
 */
export function filter<const G extends GeneratorLike>(
  keep: (op: PlannedOp<DraftOf<G>>) => boolean,
  generator: G,
): Generator<DraftOf<G>> {
  return new Filtered(keep as unknown as Test, generator) as Generator as Generator<DraftOf<G>>;
}
