/**
 * A small simulation of clients on five nodes with a register for each key, and of partitions that cut one node off:
 * histories that look like those of real runs, made from a seed.
 */
import type { Evidence, Key, Op, Process } from "../../src/history/op.ts";
import { type Random, randomStream } from "../../src/random.ts";

export const NODES: readonly string[] = ["n1", "n2", "n3", "n4", "n5"];
/** Nanoseconds in a millisecond. */
export const MS = 1e6;

/** When which node is cut off. */
export interface Cut {
  readonly fromMs: number;
  readonly toMs: number;
  readonly node: string;
}

/** What to simulate. */
export interface Simulation {
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

/** An operation without its place in the history. */
export type Event = Omit<Op, "index">;

/** What arrives where, when this node or none is cut off. */
export function grid(cut?: string): Record<string, Record<string, boolean>> {
  const reaches = (from: string, to: string) => cut === undefined || (from !== cut && to !== cut);
  return Object.fromEntries(
    NODES.map((from) => [
      from,
      Object.fromEntries(NODES.filter((to) => to !== from).map((to) => [to, reaches(from, to)])),
    ]),
  );
}

/** Whom each node does not hear when this one is cut off. */
export function grudge(cut: string): Record<string, string[]> {
  const others = NODES.filter((node) => node !== cut);
  return Object.fromEntries([[cut, others], ...others.map((node) => [node, [cut]])]);
}

/** The cut in words. */
export function description(cut: string): string {
  return `${cut} | ${NODES.filter((other) => other !== cut).join(" ")}`;
}

function cutEvidence(node: string): Evidence {
  return {
    proven: true,
    summary: `Measured by datagrams over all 20 directions: ${description(node)}.`,
    details: { grudge: grudge(node), reachability: grid(node) },
  };
}

/** What is measured when the cut ends. */
export function healedEvidence(node: string): Evidence {
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
