import { JepsenError } from "../../src/errors.ts";
import { type Interpreter, type InterpreterOptions, startInterpreter } from "../../src/interpreter/interpreter.ts";
import type { Client, Completion, Invocation, Nemesis, Op, Test } from "../../src/test.ts";

type Invoke = (op: Invocation, signal: AbortSignal) => Promise<Completion>;

/** A client whose connections are counted. */
export interface CountedClient extends Client {
  readonly opened: string[];
  readonly closed: string[];
}

/** A client that answers as it is told; `open` may refuse. */
export function clientOf(
  invoke: Invoke,
  options: {
    readonly reusable?: boolean;
    readonly open?: (node: string) => Promise<void>;
    readonly close?: () => Promise<void>;
  } = {},
): CountedClient {
  const opened: string[] = [];
  const closed: string[] = [];
  const connected = (node: string): CountedClient => ({
    opened,
    closed,
    ...(options.reusable === undefined ? {} : { reusable: options.reusable }),
    open: async (_test, to) => {
      await options.open?.(to);
      opened.push(to);
      return connected(to);
    },
    invoke: (_test, op, signal) => {
      if (node === "") throw new Error("the prototype was used");
      return invoke(op, signal);
    },
    close: async () => {
      closed.push(node);
      await options.close?.();
    },
  });
  return connected("");
}

/** A nemesis that knows some operations. */
export function nemesisOf(fs: readonly string[], invoke: Invoke): Nemesis {
  return { fs: new Set(fs), invoke: (_test, op, signal) => invoke(op, signal) };
}

export const ok: Invoke = async () => ({ type: "ok" });

/** Never answers, but lets go when the signal fires. */
export const silent: Invoke = (_op, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** Never answers, and does not care about the signal. */
export const stubborn: Invoke = () => new Promise(() => undefined);

/** Lets pass so many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** An interpreter in a world of its own, and what came of it. */
export interface World {
  readonly interpreter: Interpreter;
  readonly history: Op[];
  readonly lines: string[];
  readonly abort: AbortController;
}

export type WorldOptions = Partial<InterpreterOptions> & {
  readonly concurrency?: number;
  readonly nodes?: readonly string[];
};

const noCluster = () => {
  throw new JepsenError("internal", "There is no cluster in this test.");
};

export function worldOf(options: WorldOptions = {}): World {
  const { concurrency = 2, nodes = ["n1", "n2", "n3"], ...given } = options;
  const history: Op[] = [];
  const lines: string[] = [];
  const abort = new AbortController();
  const client = given.client ?? clientOf(ok);
  const test: Test = {
    name: "a test",
    suite: "none",
    workload: "none",
    nodes,
    concurrency,
    seed: 0,
    options: {},
    client,
    packages: [],
    generator: undefined,
    checker: { check: noCluster },
    cluster: {
      kind: "none",
      nodes,
      up: noCluster,
      session: noCluster,
      address: noCluster,
      down: noCluster,
      describe: noCluster,
    },
    guard: noCluster,
    barrier: noCluster,
    log: (line) => lines.push(line),
  };
  const interpreter = startInterpreter({
    test,
    client,
    nemeses: new Map(),
    seed: 0,
    journal: (op) => {
      history.push(op);
    },
    operationTimeoutMs: 5_000,
    nemesisTimeoutMs: 5_000,
    stallMs: 5_000,
    abort: abort.signal,
    ...given,
  });
  return { interpreter, history, lines, abort };
}

/** What is wrong with a history that a run left behind; [] when nothing is. */
export function flawsOf(history: readonly Op[]): string[] {
  const flaws: string[] = [];
  const open = new Map<Op["process"], Op>();
  let time = -1;
  history.forEach((op, index) => {
    if (op.index !== index) flaws.push(`${index} has index ${op.index}`);
    if (!Number.isInteger(op.time) || op.time <= time) flaws.push(`${index} has time ${op.time} after ${time}`);
    time = op.time;
    const invocation = open.get(op.process);
    if (op.type === "invoke") {
      if (invocation !== undefined) flaws.push(`${index}: process ${op.process} is busy`);
      open.set(op.process, op);
    } else {
      if (invocation === undefined || invocation.f !== op.f) flaws.push(`${index} completes nothing`);
      open.delete(op.process);
    }
  });
  for (const op of open.values()) flaws.push(`${op.index} has no end`);
  return flaws;
}
