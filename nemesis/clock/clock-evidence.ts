import { showsClock } from "../../src/abilities.ts";
import { onAllNodes } from "../../src/control/on-nodes.ts";
import { messageOf } from "../../src/errors.ts";
import type { Evidence, Test } from "../../src/test.ts";
import type { ChosenClock } from "./choose-clock.ts";
import type { ControlClock } from "./control-clock.ts";
import { askDatabase, type DatabaseVerdict, judgeByDatabase } from "./database-clock.ts";
import type { ClockReading } from "./node-clock.ts";
import { deltaNsAt, type Shift } from "./shift.ts";

/** Bounds of a node's true clock against the control process's, in milliseconds. */
export interface OffsetBounds {
  readonly lowMs: number;
  readonly highMs: number;
}

/** What all measurements of one run share. */
export interface ClockSurvey {
  readonly test: Test;
  readonly control: ControlClock;
  readonly clocks: ReadonlyMap<string, ChosenClock>;
  /** Each node's true clock before any fault. */
  readonly initial: ReadonlyMap<string, OffsetBounds>;
}

/** What was found on one node. */
export interface NodeFinding {
  /** The clock is as expected, as far as it can be seen. */
  readonly holds: boolean;
  /** For the summary: `n2 is +60.000 s off by its database's own clock`; undefined for a true clock that was expected. */
  readonly sentence?: string;
  /** It has a shift, but no process of the database runs there to have it. */
  readonly isAbsent?: boolean;
  /** How far the database's clock there is off, in seconds; undefined when no process of it runs, or when it could not be read. */
  readonly offsetSeconds?: number;
  readonly details: unknown;
}

/** Evidence of all nodes, and the offsets for the report. */
export interface ClockEvidence extends Evidence {
  /** Nodes with a shift on which no process of the database runs now. */
  readonly absent: readonly string[];
  readonly offsets: Readonly<Record<string, number>>;
}

/** A true clock may have been corrected by its time service, and a command takes its time. */
const TRUE_CLOCK_MS = 100;
/** A shift that any database which tells its time is expected to show. */
const VISIBLE_MS = 2_000;
const NS_PER_MS = 1e6;

/** Reads a node's clocks and the bounds of its true time. */
export async function readNode(
  survey: Pick<ClockSurvey, "control" | "clocks">,
  node: string,
  signal?: AbortSignal,
): Promise<{ readonly reading: ClockReading; readonly bounds: OffsetBounds }> {
  const { clock } = survey.clocks.get(node) as ChosenClock;
  const before = survey.control.nowMs();
  const reading = await clock.read(signal);
  const trueMs = Number(BigInt(reading.trueNs) / 1000n) / 1000;
  return { reading, bounds: { lowMs: trueMs - survey.control.nowMs(), highMs: trueMs - before } };
}

/**
 * Measures every node: those with a shift must have it, all others and the control process's host must be true. The
 * database's own clock decides where it can show the shift; else what was read back does, and the summary says so. Nodes
 * that were shifted just now (`fresh`) must show it, unless their database is paused; of the others it may be down or
 * mute through another fault. Nodes without a process are told and judged by the caller.
 */
export async function surveyClocks(
  survey: ClockSurvey,
  shifts: ReadonlyMap<string, Shift>,
  fresh: readonly string[],
  signal?: AbortSignal,
): Promise<ClockEvidence> {
  const findings = await onAllNodes(survey.test.nodes, (node) =>
    findOnNode(survey, node, shifts.get(node), fresh.includes(node), signal),
  );
  const moved = survey.control.hasMoved();
  const list = [...findings];
  const right = list.filter(([, { holds }]) => holds);
  const wrong = list.filter(([, { holds }]) => !holds);
  const trueNodes = right.filter(([, { sentence }]) => sentence === undefined).map(([node]) => node);
  const sentences = [
    ...wrong.map(([, { sentence }]) => sentence),
    ...right.map(([, { sentence }]) => sentence),
    trueNodes.length > 0 ? `${trueNodes.join(", ")} ${trueNodes.length === 1 ? "is" : "are"} true` : undefined,
    moved
      ? `the control host's clock was moved by ${seconds(survey.control.movedMs() / 1000)}`
      : "the control host's clock was not moved",
  ].filter((sentence) => sentence !== undefined);
  return {
    proven: wrong.length === 0 && !moved,
    summary: `${sentences.join("; ")}.`,
    details: {
      nodes: Object.fromEntries(list.map(([node, { details }]) => [node, details])),
      controlHostMovedMs: Math.round(survey.control.movedMs()),
    },
    absent: list.filter(([, { isAbsent }]) => isAbsent).map(([node]) => node),
    offsets: Object.fromEntries(
      list.flatMap(([node, { offsetSeconds }]) => (offsetSeconds === undefined ? [] : [[node, offsetSeconds]])),
    ),
  };
}

async function findOnNode(
  survey: ClockSurvey,
  node: string,
  shift: Shift | undefined,
  isFresh: boolean,
  signal: AbortSignal | undefined,
): Promise<NodeFinding> {
  const { test, control } = survey;
  const { clock, sharesControlKernel } = survey.clocks.get(node) as ChosenClock;
  const initial = survey.initial.get(node) as OffsetBounds;
  let read: Awaited<ReturnType<typeof readNode>>;
  try {
    read = await readNode(survey, node, signal);
  } catch (error) {
    signal?.throwIfAborted();
    const sentence = `${node}'s clock could not be read (${messageOf(error)})`;
    return { holds: false, sentence, details: { problem: messageOf(error) } };
  }
  const { reading, bounds } = read;
  const problems = [
    ...kernelProblems(node, initial, bounds),
    ...readingProblems(node, reading, shift, clock.toleranceNs),
  ];
  const expectedMs = shift ? deltaNsAt(shift, reading.trueNs) / NS_PER_MS : 0;
  const { db } = test;
  const isPaused = reading.clocks.length > 0 && reading.clocks.every(({ paused }) => paused);
  const verdict: DatabaseVerdict | undefined =
    showsClock(db) && reading.clocks.length > 0 && !isPaused
      ? await judgeByDatabase(() => askDatabase(test, db, node, control, signal), expectedMs, middle(initial), signal)
      : undefined;
  problems.push(...databaseProblems(node, verdict, expectedMs, middle(initial), isFresh));
  const deltaNs = reading.clocks.map((state) => state.deltaNs).sort((a, b) => Math.abs(b) - Math.abs(a))[0];
  const offset = deltaNs === undefined ? undefined : (sharesControlKernel ? 0 : middle(bounds)) / 1000 + deltaNs / 1e9;
  const details = {
    expectedMs,
    mechanism: clock.mechanism,
    basis: shift === undefined || verdict?.kind !== "confirms" ? clock.basis : "the database's own clock",
    clocks: reading.clocks,
    trueClockMs: bounds,
    ...(verdict ? { database: verdict } : {}),
  };
  const found = { details, ...(offset === undefined ? {} : { offsetSeconds: Math.round(offset * 1e6) / 1e6 }) };
  if (shift && reading.clocks.length === 0) {
    const sentence = `no process of the database runs on ${node}`;
    const isAbsent = problems.length === 0;
    return { holds: isAbsent, isAbsent, sentence: [...problems, sentence].join(", "), ...found };
  }
  if (problems.length > 0) return { holds: false, sentence: problems.join(", "), ...found };
  if (!shift) return { holds: true, ...found };
  const why = isPaused ? " (the database is paused)" : whyNotDatabase(verdict);
  const by = verdict?.kind === "confirms" ? "its database's own clock" : `${clock.basis}${why}`;
  return { holds: true, sentence: `${node} is ${seconds(expectedMs / 1000)} off by ${by}`, ...found };
}

function whyNotDatabase(verdict: DatabaseVerdict | undefined): string {
  if (verdict?.kind === "silent") return " (the database did not tell its time)";
  if (verdict?.kind !== "coarse") return " (the database does not show its clock)";
  return ` (the database's own clock has steps of ${verdict.measured.resolutionMs / 1000} s and cannot show it)`;
}

/** The kernel's own clock must be where it was: no mechanism may move it for others. */
function kernelProblems(node: string, initial: OffsetBounds, now: OffsetBounds): readonly string[] {
  if (now.highMs >= initial.lowMs - TRUE_CLOCK_MS && now.lowMs <= initial.highMs + TRUE_CLOCK_MS) return [];
  return [`${node}'s kernel clock was moved by ${seconds((middle(now) - middle(initial)) / 1000)}`];
}

function readingProblems(
  node: string,
  reading: ClockReading,
  shift: Shift | undefined,
  toleranceNs: number,
): readonly string[] {
  return reading.clocks.flatMap((state) => {
    const where = `${state.name} on ${node}`;
    if (state.problem !== undefined) return [`${where}: ${state.problem}`];
    if (!shift && state.clean) return [];
    if (!shift && state.deltaNs === 0) return [`${where} still carries what shifts its clock`];
    if (!shift) return [`${where} is ${seconds(state.deltaNs / 1e9)} off instead of true`];
    const expectedNs = deltaNsAt(shift, reading.trueNs);
    // The node's time was read some milliseconds after the clock.
    const slack = toleranceNs + Math.abs(shift.ratePpm) * 100;
    if (state.installed && Math.abs(state.deltaNs - expectedNs) <= slack) return [];
    return [`${where} is ${seconds(state.deltaNs / 1e9)} off instead of ${seconds(expectedNs / 1e9)}`];
  });
}

function databaseProblems(
  node: string,
  verdict: DatabaseVerdict | undefined,
  expectedMs: number,
  trueMs: number,
  isFresh: boolean,
): readonly string[] {
  if (verdict?.kind === "contradicts") {
    const shown = (verdict.measured.lowMs + verdict.measured.highMs) / 2 - trueMs;
    return [
      `the database's own clock on ${node} is about ${seconds(shown / 1000)} off instead of ${seconds(expectedMs / 1000)}`,
    ];
  }
  if (isFresh && verdict?.kind === "silent" && Math.abs(expectedMs) >= VISIBLE_MS)
    return [`the database on ${node} did not tell its time (${verdict.reason})`];
  return [];
}

/** The best guess; 0 for a node that was not measured. */
export function middle(bounds: OffsetBounds = { lowMs: 0, highMs: 0 }): number {
  return (bounds.lowMs + bounds.highMs) / 2;
}

/** `+60.000 s`, with a sign. */
export function seconds(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(3)} s`;
}
