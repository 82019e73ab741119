import { JepsenError } from "../errors.ts";
import type { Generator, GeneratorContext, GeneratorLike, GeneratorTest, NextStep, PlannedOp } from "../test.ts";
import { ask, pending } from "./data.ts";
import { describe, describeContext } from "./describe.ts";
import type { DraftOf } from "./draft-of.ts";
import { Wrapper } from "./wrapper.ts";

const FIELDS: ReadonlySet<string> = new Set(["type", "f", "value", "key", "time", "process"]);

/** What is wrong with an operation that a generator gave in this context, one sentence each; [] when nothing is. */
export function problemsOf(op: PlannedOp, context: GeneratorContext): readonly string[] {
  const problems: string[] = [];
  for (const field in op)
    if (!FIELDS.has(field)) problems.push(`it has a field "${field}", which operations do not have`);
  const { type, f, key, time, process, value } = op;
  if (type === "invoke") {
    if (typeof f !== "string" || f === "") problems.push('its "f" must be a string that is not empty');
  } else if (type === "sleep") {
    if (!(typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY))
      problems.push("a sleep's value must be a number of seconds");
  } else if (type !== "log") {
    problems.push(`its type must be "invoke", "log" or "sleep", and is ${describe(type)}`);
  }
  if (key !== undefined && typeof key !== "string" && typeof key !== "number")
    problems.push(`its key must be a string or a number, and is ${describe(key)}`);
  if (!(typeof time === "number" && time >= 0 && time < Number.POSITIVE_INFINITY))
    problems.push(`its time must be a number of nanoseconds, and is ${describe(time)}`);
  const thread = process === undefined ? undefined : context.threadOf(process);
  if (thread === undefined) problems.push(`process ${describe(process)} is not one of those that may work for it`);
  else if (!context.isFree(thread)) problems.push(`process ${describe(process)} is busy`);
  return problems;
}

/** Throws JepsenError "generator" for an answer that is none, or an operation that cannot be invoked now. */
export function checkStep(step: NextStep, generator: GeneratorLike, context: GeneratorContext): void {
  if (step === undefined) return;
  const answer = step as Partial<Exclude<NextStep, undefined>> | null;
  if (typeof answer !== "object" || answer === null || answer.op === undefined || answer.op === null) {
    throw new JepsenError(
      "generator",
      `A generator answered ${describe(step)}: it must answer undefined, or a record with "op" and "next". The generator: ${describe(generator)}`,
      { context: describeContext(context) },
    );
  }
  if (answer.op === "pending") return;
  const problems = problemsOf(answer.op, context);
  if (problems.length === 0) return;
  throw new JepsenError(
    "generator",
    `A generator gave the operation ${describe(answer.op)}, but ${problems.join("; ")}. The generator: ${describe(generator)}`,
    { op: answer.op, problems, context: describeContext(context) },
  );
}

class Validated extends Wrapper {
  protected around(inner: GeneratorLike): Validated {
    return new Validated(inner);
  }

  override next(test: GeneratorTest, context: GeneratorContext): NextStep {
    const step = ask(this.inner, test, context);
    checkStep(step, this.inner, context);
    if (step === undefined) return undefined;
    if (step.op !== "pending" && step.op.time < context.time) {
      throw new JepsenError(
        "generator",
        `A generator gave the operation ${describe(step.op)} for a time that has passed: it is ${context.time} now. The generator: ${describe(this.inner)}`,
        { op: step.op, context: describeContext(context) },
      );
    }
    const next = this.again(step.next);
    return step.op === "pending" ? pending(next, step.until) : { op: step.op, next };
  }
}

/**
 * Ends the run with JepsenError "generator" as soon as the inner generator breaks the rules: no operation, an unknown
 * field, a process that is busy or not its own, a time that has passed. The interpreter and the simulation check what
 * reaches them; `validate` finds the culprit further inside.
 */
export function validate<const G extends GeneratorLike>(generator: G): Generator<DraftOf<G>> {
  return new Validated(generator) as Generator as Generator<DraftOf<G>>;
}
