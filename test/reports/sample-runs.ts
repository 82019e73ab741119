/**
 * Runs as the harness would have recorded them: five nodes, a register for each key, partitions that cut one node
 * off. Made from a seed by a small simulation, so that the pages of the tests look like real ones.
 */
import type { ReportInput } from "../../reports/report-input.ts";
import type { Evidence, Key, Op, Process } from "../../src/history/op.ts";
import { type Random, randomStream } from "../../src/random.ts";
import type { RunOutcome, RunRecord } from "../../src/store/run-record.ts";

export const NODES: readonly string[] = ["n1", "n2", "n3", "n4", "n5"];
export const PARTITION_BAND = { family: "partition", start: ["start-partition"], stop: ["stop-partition"] };
const MS = 1e6;

interface Cut {
  readonly fromMs: number;
  readonly toMs: number;
  readonly node: string;
}

interface Simulation {
  readonly seed: number;
  readonly seconds: number;
  readonly concurrency: number;
  /** Mean milliseconds between a thread's operations. */
  readonly paceMs: number;
  readonly cuts: readonly Cut[];
  /** Reads on a node that is cut off answer from what it knew before. */
  readonly staleReads?: boolean;
  readonly keys: boolean;
}

type Event = Omit<Op, "index">;

function grid(cut?: string): Record<string, Record<string, boolean>> {
  const reaches = (from: string, to: string) => cut === undefined || (from !== cut && to !== cut);
  return Object.fromEntries(
    NODES.map((from) => [
      from,
      Object.fromEntries(NODES.filter((to) => to !== from).map((to) => [to, reaches(from, to)])),
    ]),
  );
}

/** Whom each node does not hear when this one is cut off. */
function grudge(cut: string): Record<string, string[]> {
  const others = NODES.filter((node) => node !== cut);
  return Object.fromEntries([[cut, others], ...others.map((node) => [node, [cut]])]);
}

function description(cut: string): string {
  return `${cut} | ${NODES.filter((other) => other !== cut).join(" ")}`;
}

function cutEvidence(node: string): Evidence {
  return {
    proven: true,
    summary: `Measured by datagrams over all 20 directions: ${description(node)}.`,
    details: { grudge: grudge(node), reachability: grid(node) },
  };
}

function healedEvidence(node: string): Evidence {
  return {
    proven: true,
    summary: `Before: Measured by datagrams over all 20 directions: ${description(node)} until the end. After: Measured by datagrams over all 20 directions: every node hears every other.`,
    details: { before: cutEvidence(node).details, grudge: {}, reachability: grid() },
  };
}

function nemesisEvents(cuts: readonly Cut[]): Event[] {
  const process: Process = "nemesis:partition";
  return cuts.flatMap(({ fromMs, toMs, node }): Event[] => {
    const asked = { kind: "one", grudge: grudge(node) };
    const value = { ...asked, description: description(node) };
    const undone = { description: description(node) };
    return [
      { time: fromMs * MS, type: "invoke", process, f: "start-partition", value: asked },
      { time: (fromMs + 180) * MS, type: "ok", process, f: "start-partition", value, evidence: cutEvidence(node) },
      { time: toMs * MS, type: "invoke", process, f: "stop-partition", value: null },
      {
        time: (toMs + 340) * MS,
        type: "ok",
        process,
        f: "stop-partition",
        value: undone,
        evidence: healedEvidence(node),
      },
    ];
  });
}

/** A thread's operation under way. */
interface Flight {
  readonly thread: number;
  readonly process: number;
  readonly applyNs: number;
  readonly invoke: Event;
  readonly endNs: number;
}

/** Simulates clients against a register for each key. */
export function simulate(options: Simulation): Op[] {
  const random = randomStream(options.seed, "sample");
  const events = nemesisEvents(options.cuts);
  const state = new Map<Key, number | null>();
  const frozen = new Map<Cut, Map<Key, number | null>>();
  const processes = Array.from({ length: options.concurrency }, (_, thread) => thread);
  // Groups of five threads, one on each node, share a key for 300 operations.
  const done = [0, 0];
  const flights: (Flight | undefined)[] = processes.map(() => undefined);
  const untilNs = options.seconds * 1e9;
  const begin = (thread: number, timeNs: number) => {
    flights[thread] = timeNs >= untilNs ? undefined : flightOf(thread, timeNs);
  };
  const flightOf = (thread: number, timeNs: number): Flight => {
    const node = NODES[thread % NODES.length] as string;
    const group = Math.floor(thread / NODES.length) % 2;
    const key = options.keys ? Math.floor((done[group] as number) / 300) * 2 + group : 0;
    done[group] = (done[group] as number) + 1;
    const f = random.weighted([
      ["read", 2],
      ["write", 1],
      ["cas", 1],
    ] as const);
    const value = f === "read" ? null : f === "write" ? random.int(5) : [random.int(5), random.int(5)];
    const process = processes[thread] as number;
    const latencyNs = (0.6 + random.exponential(0.9) + (random.bool(0.01) ? random.exponential(20) : 0)) * MS;
    const invoke: Event = {
      time: Math.round(timeNs),
      type: "invoke",
      process,
      f,
      value,
      node,
      ...(options.keys && { key }),
    };
    return {
      thread,
      process,
      invoke,
      applyNs: timeNs + latencyNs * random.float(),
      endNs: Math.round(timeNs + latencyNs),
    };
  };
  for (const thread of processes) begin(thread, random.exponential(options.paceMs) * MS);
  for (;;) {
    const flight = flights.filter((one) => one !== undefined).sort((a, b) => a.applyNs - b.applyNs)[0];
    if (flight === undefined) break;
    const cut = options.cuts.find(
      ({ node, fromMs, toMs }) =>
        node === flight.invoke.node && flight.applyNs >= fromMs * MS && flight.applyNs < toMs * MS,
    );
    for (const one of options.cuts) {
      if (!frozen.has(one) && flight.applyNs >= one.fromMs * MS) frozen.set(one, new Map(state));
    }
    const end = completionOf(flight, cut, cut && options.staleReads ? frozen.get(cut) : undefined, state, random);
    events.push(flight.invoke, end);
    if (end.type === "info") processes[flight.thread] = (processes[flight.thread] as number) + options.concurrency;
    begin(flight.thread, end.time + random.exponential(options.paceMs) * MS);
  }
  return indexed(events);
}

/** Events in the order of time as a history. */
export function indexed(events: readonly Event[]): Op[] {
  const sorted = [...events].sort((a, b) => a.time - b.time);
  return sorted.map((event, index) => ({ ...event, index }));
}

function completionOf(
  { invoke, endNs }: Flight,
  cut: Cut | undefined,
  stale: ReadonlyMap<Key, number | null> | undefined,
  state: Map<Key, number | null>,
  random: Random,
): Event {
  const key = invoke.key ?? 0;
  const now = state.get(key) ?? null;
  if (cut !== undefined && !(stale && invoke.f === "read")) {
    const time = Math.min(invoke.time + 1000 * MS, (cut.toMs + 900) * MS + random.int(1000));
    if (invoke.f === "read")
      return { ...invoke, time, type: "fail", error: { code: "no-leader", message: "etcdserver: no leader" } };
    return { ...invoke, time, type: "info", error: { code: "timeout", message: "No answer within 1000 ms." } };
  }
  if (invoke.f === "read") return { ...invoke, time: endNs, type: "ok", value: stale ? (stale.get(key) ?? null) : now };
  if (invoke.f === "write") {
    state.set(key, invoke.value as number);
    return { ...invoke, time: endNs, type: "ok" };
  }
  const [from, to] = invoke.value as [number, number];
  if (now !== from) return { ...invoke, time: endNs, type: "ok", value: { cas: [from, to], swapped: false } };
  state.set(key, to);
  return { ...invoke, time: endNs, type: "ok" };
}

const record: RunRecord = {
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

const outcome: RunOutcome = {
  phases: [
    { name: "cluster up", ms: 412 },
    { name: "database up", ms: 3120 },
    { name: "main", ms: 30_010 },
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

function inputOf(directory: string, history: readonly Op[], rest: Partial<ReportInput>): ReportInput {
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

/** Values that would like to be markup, and text that lies about its direction. */
export const HOSTILE: readonly string[] = [
  "</script><img src=x onerror=window.hacked=1>",
  "<script>window.hacked=1</script>",
  '"><svg onload=window.hacked=1>',
  "--><!--<script>window.hacked=1//",
  "a\u2028b\u2029c\u0000d\u202Eevil",
  "`\u0024{window.hacked=1}",
  "\ud800 half a pair",
];

/** Every text that can come from outside is hostile. */
export function hostileRun(directory: string): ReportInput {
  const events = HOSTILE.flatMap((text, at): Event[] => [
    { time: at * 10 * MS, type: "invoke", process: at, f: text, value: text, key: text, node: text },
    {
      time: at * 10 * MS + 5 * MS,
      type: at % 2 ? "ok" : "info",
      process: at,
      f: text,
      value: { [text]: [text] },
      key: text,
      node: text,
      ...(at % 2 ? {} : { error: { code: text, message: text } }),
    },
  ]);
  const hostile = HOSTILE.join(" ");
  const lane: Process = `nemesis:${hostile}`;
  const fault: Event[] = [
    { time: 1 * MS, type: "invoke", process: lane, f: hostile, value: hostile },
    {
      time: 2 * MS,
      type: "ok",
      process: lane,
      f: hostile,
      value: hostile,
      evidence: { proven: true, summary: hostile, details: { grudge: {}, reachability: { [hostile]: { b: false } } } },
    },
  ];
  const history = indexed([...events, ...fault]);
  const result = {
    valid: false as const,
    summary: hostile,
    [hostile]: hostile,
    contradiction: { indexes: [0, 1, 2, 3, 4], sentence: hostile },
  };
  return inputOf(directory, history, {
    record: {
      ...record,
      name: hostile,
      suite: hostile,
      workload: hostile,
      nemesis: [hostile],
      nodes: [hostile],
      options: { [hostile]: hostile },
      versions: { [hostile]: { [hostile]: hostile } },
    },
    results: { valid: false, summary: hostile, checkers: { [hostile]: result } },
    bands: [{ family: hostile, start: [hostile], stop: ["never"] }],
    outcome: { ...outcome, problems: [hostile], phases: [{ name: hostile, ms: 1 }] },
    files: [{ path: `javascript:alert(1)/${hostile}` }],
    commands: { run: hostile, analyze: hostile },
  });
}
