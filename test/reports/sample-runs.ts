/** Runs as the harness would have recorded them, one for each kind of ending. */
import type { ReportInput } from "../../reports/report-input.ts";
import type { Key, Op, Process } from "../../src/history/op.ts";
import type { RunOutcome, RunRecord } from "../../src/store/run-record.ts";
import {
  type Cut,
  description,
  type Event,
  grid,
  grudge,
  healedEvidence,
  indexed,
  MS,
  NODES,
  simulate,
} from "./simulation.ts";

export const PARTITION_BAND = { family: "partition", start: ["start-partition"], stop: ["stop-partition"] };

export const record: RunRecord = {
  format: 1,
  name: "etcd register partition",
  suite: "etcd",
  workload: "register",
  nemesis: ["partition"],
  seed: 4_183_920_577,
  nodes: [...NODES],
  concurrency: 10,
  options: { timeLimit: 30, rate: 0, opsPerKey: 300, serializable: false, nemesisInterval: 5, partition: "one" },
  cluster: { kind: "local", id: "a7" },
  startDate: "2026-11-21T04:05:06.123Z",
  command: ["jepsen-ts", "run", "etcd", "--nemesis", "partition", "--time-limit", "30"],
  versions: Object.fromEntries(NODES.map((node) => [node, { etcd: "3.4.23" }])),
  environment: {
    harness: "0.1.0",
    node: "v20.20.2",
    system: "Linux 6.18.4 x86_64",
    cores: 2,
    memoryBytes: 25_276_510_208,
  },
};

export const outcome: RunOutcome = {
  phases: [
    { name: "cluster up", ms: 412 },
    { name: "database up", ms: 3120 },
    {
      name: "main",
      ms: 30_010,
      startMs: 3_540,
      did: { outcome: "finished", operations: 12_345, ok: 12_000, fail: 0, info: 345, faults: 6 },
    },
    { name: "heal", ms: 380 },
    { name: "final reads", ms: 22 },
    { name: "logs", ms: 540 },
    { name: "database down", ms: 210 },
    { name: "check", ms: 890 },
    { name: "cluster down", ms: 610 },
  ],
  interrupted: false,
  problems: [],
  lag: { maxMs: 14.2, p99Ms: 1.9 },
};

const files = [
  { path: "test.json", bytes: 2210 },
  { path: "history.jsonl", bytes: 4_812_331 },
  { path: "results.json", bytes: 18_220 },
  { path: "run.json", bytes: 740 },
  { path: "jepsen.log", bytes: 31_200 },
  ...NODES.map((node) => ({ path: `${node}/etcd.log`, bytes: 120_441 })),
];

const commands = {
  run: "jepsen-ts run etcd --nemesis partition --time-limit 30 --seed 4183920577",
  analyze: "jepsen-ts analyze store/etcd-register-partition/20261121T040506.123Z",
};

/** The input of a report with this history; `rest` replaces what else it would hold. */
export function inputOf(directory: string, history: readonly Op[], rest: Partial<ReportInput>): ReportInput {
  return { directory, record, outcome, history, bands: [PARTITION_BAND], files, commands, ...rest };
}

const TWO_CUTS: readonly Cut[] = [
  { fromMs: 5000, toMs: 11_000, node: "n4" },
  { fromMs: 17_000, toMs: 23_500, node: "n1" },
];

const stats = {
  valid: true,
  summary: "19,412 operations: 18,902 ok, 240 fail, 270 info.",
  okCount: 18_902,
  failCount: 240,
  infoCount: 270,
};

/** Valid, two partitions. */
export function validRun(directory: string): ReportInput {
  const history = simulate({ seed: 7, seconds: 30, concurrency: 10, paceMs: 12, cuts: TWO_CUTS, keys: true });
  const results = {
    valid: true as const,
    summary: "Valid in every respect that was checked: linearizable, stats, faults, crashes, errors.",
    checkers: {
      stats,
      errors: { valid: true, summary: "Errors: timeout (212), no-leader (190)." },
      crashes: {
        valid: true,
        summary: "No database process ended by itself, and no log tells of a crash.",
        expectedCount: 0,
      },
      faults: { valid: true, summary: "Fault partition: 2 proven." },
      linearizable: {
        valid: true,
        summary: "All 130 keys are linearizable.",
        keyCount: 130,
        configurations: 48_211,
        elapsedMs: 310,
      },
    },
  } as const;
  return inputOf(directory, history, { results });
}

/** The same run, but nobody knows how its partitions were undone. */
export function brokenUndoRun(directory: string): ReportInput {
  const input = validRun(directory);
  const history = input.history.map((op) => {
    const { evidence: _, ...rest } = op;
    return op.f === "stop-partition" && op.type === "ok" ? { ...rest, type: "info" as const } : op;
  });
  return { ...input, history };
}

/** The first read that answered what a completed write had replaced: the replaced write, the write, the read. */
function staleTriple(history: readonly Op[], cut: Cut): readonly [Op, Op, Op] {
  const writes = new Map<Key, Op[]>();
  const invoked = new Map<Process, Op>();
  for (const op of history) {
    if (op.type === "invoke") invoked.set(op.process, op);
    if (op.type !== "ok" || typeof op.process !== "number") continue;
    const known = writes.get(op.key as Key) ?? [];
    if (op.f === "write") writes.set(op.key as Key, [...known, op]);
    const begun = invoked.get(op.process) as Op;
    const [older, newer] = known.slice(-2);
    const stale = older && newer && op.value === older.value && op.value !== newer.value;
    const replaced = newer && newer.time > cut.fromMs * MS && newer.index < begun.index;
    if (op.f === "read" && op.node === cut.node && stale && replaced) return [older, newer, op];
  }
  throw new Error("The simulation has no stale read.");
}

/** Invalid: reads on the node that is cut off are stale. */
export function staleReadRun(directory: string): ReportInput {
  const cut = { fromMs: 8000, toMs: 20_000, node: "n4" };
  const history = simulate({
    seed: 11,
    seconds: 30,
    concurrency: 10,
    paceMs: 12,
    cuts: [cut],
    staleReads: true,
    keys: true,
  });
  const [older, newer, read] = staleTriple(history, cut);
  const sentence = `Process ${read.process} read ${String(read.value)} on ${read.node} after process ${newer.process} had written ${String(newer.value)} and been told that it was done: ${String(read.value)} had been replaced before the read began, and nothing wrote it again in between.`;
  const contradiction = { indexes: [older.index, newer.index, read.index], sentence, minimal: true };
  const operation = {
    invoked: read.index - 1,
    completed: read.index,
    process: read.process,
    text: `read → ${String(read.value)}`,
  };
  const states = [
    {
      state: String(newer.value),
      reason: `a read of ${String(read.value)} is not allowed where the register holds ${String(newer.value)}`,
    },
  ];
  const summary = `Key ${String(read.key)} is not linearizable: ${sentence}`;
  const results = {
    valid: false as const,
    summary: `linearizable: ${summary}`,
    checkers: {
      stats,
      errors: { valid: true, summary: "Errors: timeout (108)." },
      crashes: { valid: true, summary: "No database process ended by itself, and no log tells of a crash." },
      faults: { valid: true, summary: "Fault partition: 1 proven." },
      linearizable: {
        valid: false,
        summary,
        keyCount: 130,
        invalidKeyCount: 2,
        failures: [
          {
            key: read.key,
            sentence: `Key ${String(read.key)}: read cannot be linearized.`,
            operation,
            exact: true,
            prefix: { completions: 90, last: [] },
            states,
            contradiction,
          },
          {
            key: 31,
            sentence: "Key 31: read → 4 cannot be linearized.",
            operation: { invoked: history.length - 9, process: 3, text: "read → 4" },
            prefix: { completions: 3, last: [{ invoked: history.length - 19, process: 4, text: "write 1" }] },
            states: [],
          },
        ],
      },
    },
  };
  return inputOf(directory, history, {
    results,
    record: { ...record, options: { ...record.options, serializable: true } },
    commands: { ...commands, run: `${commands.run} --serializable` },
  });
}

/** Unknown: the partition was never proven, and the check ran out of time. */
export function unknownRun(directory: string): ReportInput {
  const history = simulate({ seed: 13, seconds: 12, concurrency: 5, paceMs: 20, cuts: [], keys: true });
  const process = "nemesis:partition" as const;
  const f = "start-partition";
  const odd = { ...grid("n2"), n2: { ...grid("n2").n2, n5: true } };
  const events: Event[] = [
    { time: 3000 * MS, type: "invoke", process, f, value: null },
    {
      time: 3300 * MS,
      type: "info",
      process,
      f,
      value: { kind: "one", grudge: grudge("n2"), description: description("n2") },
      evidence: {
        proven: false,
        summary: "Expected was: n2 | n1 n3 n4 n5. But n5 still hears n2.",
        details: { grudge: grudge("n2"), reachability: odd },
      },
    },
    { time: 8000 * MS, type: "invoke", process, f: "stop-partition", value: null },
    { time: 8100 * MS, type: "ok", process, f: "stop-partition", value: null, evidence: healedEvidence("n2") },
    { time: 9000 * MS, type: "invoke", process, f, value: null },
    {
      time: 9010 * MS,
      type: "fail",
      process,
      f,
      value: null,
      error: { code: "no-primary", message: "Nobody was primary, so there was nobody to cut off." },
    },
  ];
  const results = {
    valid: "unknown" as const,
    summary: "faults: Fault partition: it was never proven to have taken hold (1 indeterminate, 1 skipped).",
    checkers: {
      faults: {
        valid: "unknown",
        summary: "Fault partition: it was never proven to have taken hold (1 indeterminate, 1 skipped).",
      },
      linearizable: {
        valid: "unknown",
        summary: "Time was over after 60 s: 28 of 30 keys are linearizable, 2 were not decided.",
      },
      stats,
    },
  } as const;
  return inputOf(directory, indexed([...history, ...events]), {
    results,
    outcome: {
      ...outcome,
      problems: [
        "n3: the log could not be fetched: the connection broke.",
        "n5: etcd did not stop within 10 s and was killed.",
      ],
    },
  });
}

/** The harness failed in the middle; nothing was checked. */
export function crashedRun(directory: string): ReportInput {
  const history = simulate({ seed: 17, seconds: 4, concurrency: 5, paceMs: 15, cuts: [], keys: true });
  return inputOf(directory, history.slice(0, -3), {
    outcome: {
      ...outcome,
      phases: outcome.phases.slice(0, 3),
      failure: {
        code: "connect",
        message: "n3 cannot be reached any more: the connection was refused. Look whether the machine is up.",
      },
    },
  });
}

/** The run ended before its first operation. */
export function emptyRun(directory: string): ReportInput {
  return inputOf(directory, [], {
    files: [{ path: "test.json" }],
    outcome: {
      phases: [{ name: "cluster up", ms: 400 }],
      interrupted: false,
      problems: [],
      failure: {
        code: "setup",
        message: "etcd did not come up on n2 within 60 s: its log says that the port is in use.",
      },
    },
  });
}

/** A long run: `operations` of them or a little more. */
export function longRun(directory: string, operations: number): ReportInput {
  const seconds = Math.ceil(operations / 900);
  const history = simulate({ seed: 19, seconds, concurrency: 10, paceMs: 9, cuts: TWO_CUTS, keys: true });
  return inputOf(directory, history, { results: { valid: true, summary: "Valid.", checkers: { stats } } });
}
