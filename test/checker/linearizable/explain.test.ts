import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../src/checker/linearizable/check.ts";
import type { Failure, OperationView } from "../../../src/checker/linearizable/result.ts";
import type { Op } from "../../../src/history/op.ts";
import { inconsistent, type Model } from "../../../src/model/model.ts";
import { modelByName } from "../../../src/model/registry.ts";
import { isLinearizable, type SmallOp } from "./oracle.ts";
import { randomHistory } from "./random-histories.ts";
import { recorded } from "./small-histories.ts";
import { distinctSpecs, type Spec, type State, specs } from "./specs.ts";

const HISTORIES = 150;
const all = [...specs, ...distinctSpecs];

/** An explained failure of a random history, and the operations that its indexes mean. */
interface Case {
  readonly spec: Spec;
  readonly ops: readonly SmallOp[];
  readonly failure: Failure;
  readonly numberOf: (view: OperationView) => number;
  readonly name: string;
}

/** Explained failures of every specification, however the objects were split into parts. */
function* failures(): Generator<Case> {
  for (const [i, spec] of all.entries()) {
    const model = modelByName(spec.model);
    for (let seed = 30_000_000 + i * 1000; seed < 30_000_000 + i * 1000 + HISTORIES; seed++) {
      const { ops, random } = randomHistory(spec, seed);
      const history = recorded(spec, ops, random);
      const invocations = history.filter(({ type }) => type === "invoke").map(({ index }) => index);
      const { failures } = checkLinearizable(model, history, { tuning: { partition: false } });
      const numberOf = ({ invoked }: OperationView) => invocations.indexOf(invoked);
      for (const failure of failures) yield { spec, ops, failure, numberOf, name: `${spec.model} seed ${seed}` };
    }
  }
}

const cases = [...failures()];

/** Whether the history is linearizable when only these completed operations must have happened. */
function holds({ spec, ops }: Case, required: ReadonlySet<number>): boolean {
  const weakened = ops.map((op, i) => (required.has(i) || !Number.isFinite(op.end) ? op : { ...op, optional: true }));
  return isLinearizable(spec, weakened);
}

describe("an explanation", () => {
  it("is there for every failure", () => {
    expect(cases.length).toBeGreaterThan(all.length * HISTORIES * 0.3);
    expect(cases.filter(({ failure }) => failure.contradiction === undefined).map(({ name }) => name)).toEqual([]);
  });

  it("has a contradiction that is one, and in which no operation can be weakened", () => {
    const wrong: string[] = [];
    for (const found of cases) {
      const { operations, minimal } = found.failure.contradiction ?? { operations: [], minimal: false };
      const numbers = operations.map(found.numberOf);
      const holdsWithout = (without?: number) => holds(found, new Set(numbers.filter((number) => number !== without)));
      if (holdsWithout()) wrong.push(`${found.name}: it is linearizable`);
      if (!minimal) wrong.push(`${found.name}: not known to be minimal`);
      const needless = numbers.filter((number) => !holdsWithout(number));
      if (needless.length > 0) wrong.push(`${found.name}: operations ${needless} are not needed`);
    }
    expect(wrong).toEqual([]);
  });

  it("names the first operation that cannot be put in order, and the longest part before it", () => {
    const wrong: string[] = [];
    for (const found of cases) {
      const { failure, ops } = found;
      const end = ops[found.numberOf(failure.operation)]?.end ?? Number.NaN;
      const until = (last: number) => new Set(ops.flatMap((op, i) => (op.end <= last ? [i] : [])));
      if (!failure.exact) wrong.push(`${found.name}: not exact`);
      if (holds(found, until(end))) wrong.push(`${found.name}: it can be put in order`);
      if (!holds(found, until(end - 1))) wrong.push(`${found.name}: something before it cannot`);
      if (failure.prefix.completions !== until(end - 1).size) wrong.push(`${found.name}: wrong count of completions`);
    }
    expect(wrong).toEqual([]);
  });

  it("shows an order of what comes before it that the specification allows", () => {
    const wrong: string[] = [];
    for (const found of cases) {
      const { spec, ops, failure } = found;
      // The last ten are all of it, in histories as small as these.
      const order = failure.prefix.last.map((view) => ops[found.numberOf(view)] as SmallOp);
      const end = ops[found.numberOf(failure.operation)]?.end ?? Number.NaN;
      const missing = ops.filter((op) => op.end < end && !order.includes(op));
      if (missing.length > 0) wrong.push(`${found.name}: ${missing.length} completed operations are missing`);
      if (order.some((op, i) => order.slice(0, i).some((before) => before.begin > op.end))) {
        wrong.push(`${found.name}: against real time`);
      }
      if (!isAllowed(spec, order)) wrong.push(`${found.name}: not allowed`);
    }
    expect(wrong).toEqual([]);
  });

  it("tells the possible states, and why each leads nowhere", () => {
    for (const { failure, name } of cases) {
      expect(failure.states.length, name).toBeGreaterThan(0);
      for (const { state, reason } of failure.states) expect(`${state} ${reason}`, name).toMatch(/\S+ \S+/);
    }
  });
});

/** Whether a sequence is one of the specification's. */
function isAllowed(spec: Spec, order: readonly SmallOp[]): boolean {
  let states: State[] = [spec.init];
  for (const { ask, process, output, end } of order) {
    states = states.flatMap((state) =>
      spec
        .outcomes(state, ask, process)
        .filter((outcome) => !Number.isFinite(end) || JSON.stringify(outcome.output) === JSON.stringify(output))
        .map((outcome) => outcome.state),
    );
  }
  return states.length > 0;
}

describe("a model that fails when it is asked why", () => {
  const history = recordedReads();
  const model: Model<number> = {
    name: "box",
    description: "holds a number",
    fs: ["put", "get"],
    init: () => 0,
    step: (state, { f, input, output }) =>
      f === "put" ? (input as number) : state === output ? state : inconsistent(() => JSON.parse("why")),
    stateKey: (state) => state,
    readOnly: ({ f }) => f === "get",
  };

  it("leaves the verdict as it is, and is told of", () => {
    const result = checkLinearizable(model, history);
    expect(result).toMatchObject({ valid: false, failures: [], unexplained: expect.stringContaining("JSON") });
    expect(result.summary).toContain("It could not be explained: ");
  });

  it("is told of in the place of an operation that it cannot describe", () => {
    const describeOp = () => {
      throw new Error("no words");
    };
    const sound = {
      ...model,
      describeOp,
      step: ((state, op) =>
        op.f === "put"
          ? (op.input as number)
          : state === op.output
            ? state
            : inconsistent("it differs")) as typeof model.step,
    };
    const result = checkLinearizable(sound, history);
    expect(result.valid).toBe(false);
    expect(result.failures[0]?.operation.text).toBe("get (the model's describeOp failed: no words)");
  });
});

/** 1 was put, and 5 got. */
function recordedReads(): Op[] {
  const event = (index: number, type: Op["type"], f: string, value: unknown): Op => ({
    index,
    time: index,
    type,
    process: 0,
    f,
    value,
  });
  return [
    event(0, "invoke", "put", 1),
    event(1, "ok", "put", 1),
    event(2, "invoke", "get", null),
    event(3, "ok", "get", 5),
  ];
}
