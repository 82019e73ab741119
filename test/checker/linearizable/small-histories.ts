/** Random small histories of three kinds: valid by construction, the same with a mistake, and arbitrary. */

import type { Op } from "../../../src/history/op.ts";
import type { Random } from "../../../src/random.ts";
import type { SmallOp } from "./oracle.ts";
import type { Ask, Spec, State } from "./specs.ts";

export type Kind = "valid" | "mutated" | "arbitrary";

export interface SmallOptions {
  /** Operations at most. */
  readonly operations: number;
  readonly processes: number;
  /** Probability that an operation crashes. */
  readonly crashes: number;
}

interface Running {
  readonly ask: Ask;
  readonly process: number;
  readonly begin: number;
  readonly crashes: boolean;
  answer?: { readonly output: unknown };
}

/** Runs random processes against the specification, and then spoils what the kind asks for. */
export function smallHistory(spec: Spec, kind: Kind, random: Random, options: SmallOptions): SmallOp[] {
  const ops: SmallOp[] = [];
  const lanes: (Running | undefined)[] = Array.from({ length: options.processes }, () => undefined);
  let state: State = spec.init;
  let left = 2 + random.int(options.operations - 1);
  let time = 0;
  let process = options.processes;
  const asked = new Set<string | undefined>();
  const processes = lanes.map((_, i) => i);
  for (let turns = 0; turns < 200 && (left > 0 || lanes.some((lane) => lane !== undefined)); turns++) {
    const i = random.int(lanes.length);
    const lane = lanes[i];
    if (lane === undefined) {
      if (left === 0) continue;
      const ask = random.pick(spec.asks);
      const mark = spec.once?.(ask);
      if (mark !== undefined && asked.has(mark)) continue;
      asked.add(mark);
      lanes[i] = { ask, process: processes[i] as number, begin: time++, crashes: random.bool(options.crashes) };
      left--;
    } else if (lane.crashes && random.bool(0.4)) {
      ops.push({ ...lane, end: Number.POSITIVE_INFINITY, output: undefined });
      lanes[i] = undefined;
      processes[i] = process++;
    } else if (lane.answer === undefined) {
      const outcomes = spec.outcomes(state, lane.ask, lane.process);
      if (outcomes.length === 0) {
        if (kind === "valid") continue;
        lane.answer = { output: spec.wild(lane.ask, (below) => random.int(below)) };
      } else {
        const outcome = random.pick(outcomes.slice(0, 3));
        state = outcome.state;
        lane.answer = { output: outcome.output };
      }
    } else if (!lane.crashes) {
      ops.push({ ...lane, end: time++, output: lane.answer.output });
      lanes[i] = undefined;
    }
  }
  for (const lane of lanes)
    if (lane !== undefined) ops.push({ ...lane, end: Number.POSITIVE_INFINITY, output: undefined });
  ops.sort((a, b) => a.begin - b.begin);
  if (kind === "valid" || ops.length === 0) return ops;
  const wild = (op: SmallOp): SmallOp => ({ ...op, output: spec.wild(op.ask, (below) => random.int(below)) });
  if (kind === "arbitrary") return ops.map(wild);
  const spoiled = random.int(ops.length);
  return ops.map((op, i) => (i === spoiled ? wild(op) : op));
}

/** The small history as the harness would have recorded it. */
export function recorded(spec: Spec, ops: readonly SmallOp[], random: Random): Op[] {
  const events: { time: number; op: Omit<Op, "index" | "time"> }[] = [];
  for (const op of ops) {
    const { process, ask } = op;
    events.push({ time: op.begin, op: { type: "invoke", process, f: ask.f, value: ask.input } });
    if (op.end !== Number.POSITIVE_INFINITY) {
      const value = spec.written === undefined ? op.output : spec.written(ask, op.output);
      events.push({ time: op.end, op: { type: "ok", process, f: ask.f, value } });
    } else if (random.bool()) {
      const after = Math.max(op.begin, ...ops.map((other) => (other.process === process ? other.begin : 0)));
      events.push({ time: after + 0.5, op: { type: "info", process, f: ask.f, value: ask.input } });
    }
  }
  events.sort((a, b) => a.time - b.time);
  return events.map(({ op }, index) => ({ index, time: index, ...op }));
}
